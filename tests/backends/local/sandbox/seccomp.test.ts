import { describe, expect, test } from "vitest";

import { BPF, DATA, VERDICT, type Instruction } from "#backends/local/sandbox/bpf.ts";
import { seccompFilter, seccompProgram } from "#backends/local/sandbox/seccomp.ts";
import {
  AUDIT_ARCH,
  SYSCALL_NAMES,
  syscallNumber,
  type Architecture,
  type SyscallName,
} from "#backends/local/sandbox/syscalls.ts";

interface Call {
  readonly arch?: number;
  readonly number: number;
  readonly arguments?: readonly bigint[];
}

/** The kernel's interpreter, as far as our filter needs it. */
function run(program: readonly Instruction[], { arch = AUDIT_ARCH.x64, number, arguments: list = [] }: Call): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(DATA.number, number, true);
  data.setUint32(DATA.arch, arch, true);
  for (const [index, value] of list.entries()) data.setBigUint64(DATA.argument(index), value, true);
  let word = 0;
  for (let at = 0; at < program.length; at += 1) {
    const { code, jt, jf, k } = program[at]!;
    if (code === BPF.return) return k;
    if (code === BPF.loadWord) word = data.getUint32(k, true);
    else if (code === BPF.jumpEqual) at += word === k >>> 0 ? jt : jf;
    else if (code === BPF.jumpGreaterOrEqual) at += word >= k >>> 0 ? jt : jf;
    else if (code === BPF.jumpAnySet) at += (word & k) !== 0 ? jt : jf;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error("the program ended without an answer");
}

const EPERM = VERDICT.errno(1);

describe.each(["x64", "arm64"] as const)("the filter for %s", (architecture: Architecture) => {
  const program = seccompProgram(architecture);
  const answer = (name: SyscallName, ...list: bigint[]): number =>
    run(program, { arch: AUDIT_ARCH[architecture], number: syscallNumber(name, architecture) ?? -1, arguments: list });

  test("kills calls of another architecture", () => {
    for (const arch of [0, 0x40000003, AUDIT_ARCH[architecture === "x64" ? "arm64" : "x64"]]) {
      expect(run(program, { arch, number: 0 })).toBe(VERDICT.kill);
    }
  });

  const conditional = ["clone", "clone3", "socket", "ioctl"];
  test.each(
    SYSCALL_NAMES.filter((name) => !conditional.includes(name) && syscallNumber(name, architecture) !== undefined),
  )("denies %s", (name) => {
    expect(answer(name)).toBe(EPERM);
  });

  test("allows every other number", () => {
    const named = new Set(SYSCALL_NAMES.map((name) => syscallNumber(name, architecture)));
    const others = Array.from({ length: 600 }, (_, number) => number).filter((number) => !named.has(number));
    const answers = others.map((number) => run(program, { arch: AUDIT_ARCH[architecture], number }));
    expect(new Set(answers)).toEqual(new Set([VERDICT.allow]));
  });

  test("allows clone for processes and threads, and denies it for each kind of namespace", () => {
    expect(answer("clone", 17n)).toBe(VERDICT.allow); // SIGCHLD: fork
    expect(answer("clone", 0x3d0f00n)).toBe(VERDICT.allow); // glibc's threads
    for (const flag of [0x20000n, 0x2000000n, 0x4000000n, 0x8000000n, 0x10000000n, 0x20000000n, 0x40000000n]) {
      expect(answer("clone", flag | 17n)).toBe(EPERM);
      expect(answer("clone", flag | 0xdeadbeef00000000n)).toBe(EPERM);
    }
  });

  test("lets C libraries fall back from clone3", () => {
    expect(answer("clone3", 0n)).toBe(VERDICT.errno(38));
  });

  test("allows local and internet sockets and no other family", () => {
    for (const family of [1n, 2n, 10n]) expect(answer("socket", family)).toBe(VERDICT.allow);
    for (let family = 0n; family < 64n; family += 1n) {
      if (![1n, 2n, 10n].includes(family)) expect(answer("socket", family)).toBe(VERDICT.errno(97));
    }
    expect(answer("socket", 0xffffffff00000028n)).toBe(VERDICT.errno(97)); // the kernel takes an int: AF_VSOCK
  });

  test("denies pushing input into terminals, also with high bits that the kernel ignores", () => {
    expect(answer("ioctl", 0n, 0x5401n)).toBe(VERDICT.allow); // TCGETS
    expect(answer("ioctl", 0n, 0x540en)).toBe(VERDICT.allow); // TIOCSCTTY: job control needs it
    for (const request of [0x5412n, 0x541cn, 0x100005412n, 0xffffffff0000541cn])
      expect(answer("ioctl", 0n, request)).toBe(EPERM);
  });
});

test("kills the x32 calls of x86-64, which are the same calls by other numbers", () => {
  for (const number of [0x40000000, 0x40000000 + 165, 0xffffffff]) {
    expect(run(seccompProgram("x64"), { number })).toBe(VERDICT.kill);
  }
});

test("is eight bytes an instruction, as the kernel reads them", () => {
  const bytes = seccompFilter("x64");
  expect(bytes.length).toBe(seccompProgram("x64").length * 8);
  expect([...bytes.subarray(0, 8)]).toEqual([0x20, 0, 0, 0, 4, 0, 0, 0]); // load the architecture
  expect([...bytes.subarray(-8)]).toEqual([0x06, 0, 0, 0, 0, 0, 0xff, 0x7f]); // allow
});

test("refuses an architecture whose numbers are not known", () => {
  expect(() => seccompFilter("riscv64")).toThrow(/riscv64/);
});
