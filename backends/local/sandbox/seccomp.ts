// The system call filter of a bottle: what no coding agent needs and what attacks on kernels begin with.

import {
  answer,
  DATA,
  encode,
  load,
  VERDICT,
  whenAnyBit,
  whenAtLeast,
  whenEqual,
  whenNotEqual,
  type Instruction,
} from "./bpf.ts";
import { AUDIT_ARCH, SYSCALL_NAMES, syscallNumber, type Architecture, type SyscallName } from "./syscalls.ts";

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** Numbers from here on are the x32 ABI on x86-64: the same calls by other numbers. */
const X32 = 0x40000000;
/** NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET of linux/sched.h. */
const NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;
const AF = { unix: 1, inet: 2, inet6: 10 };
/** Both push input into a terminal: TIOCSTI, TIOCLINUX of asm-generic/ioctls.h. */
const TERMINAL_INPUT = [0x5412, 0x541c];

/** Bytes for `bwrap --seccomp` or prctl(2). Throws on an architecture whose numbers we do not know. */
export function seccompFilter(architecture: string): Uint8Array {
  if (architecture !== "x64" && architecture !== "arm64")
    throw new RangeError(`no system call filter for ${architecture}`);
  return encode(seccompProgram(architecture));
}

export function seccompProgram(architecture: Architecture): Instruction[] {
  return [
    load(DATA.arch),
    ...whenNotEqual(AUDIT_ARCH[architecture], [answer(VERDICT.kill)]),
    load(DATA.number),
    ...(architecture === "x64" ? whenAtLeast(X32, [answer(VERDICT.kill)]) : []),
    ...SYSCALL_NAMES.flatMap((name) => {
      const number = syscallNumber(name, architecture);
      return number === undefined ? [] : whenEqual(number, ruleFor(name));
    }),
    answer(VERDICT.allow),
  ];
}

/** Ends in an answer, always. */
function ruleFor(name: SyscallName): Instruction[] {
  switch (name) {
    case "clone":
      // The low word of the flags has all that make namespaces. CLONE_NEWTIME is not one of clone's.
      return [
        load(DATA.argument(0)),
        ...whenAnyBit(NEW_NAMESPACES, [answer(VERDICT.errno(EPERM))]),
        answer(VERDICT.allow),
      ];
    case "clone3":
      // Its flags lie in memory, which a filter cannot read; C libraries then fall back to clone.
      return [answer(VERDICT.errno(ENOSYS))];
    case "socket":
      return [
        load(DATA.argument(0)),
        ...Object.values(AF).flatMap((family) => whenEqual(family, [answer(VERDICT.allow)])),
        answer(VERDICT.errno(EAFNOSUPPORT)),
      ];
    case "ioctl":
      return [
        load(DATA.argument(1)), // the kernel looks at no more than the low word either
        ...TERMINAL_INPUT.flatMap((request) => whenEqual(request, [answer(VERDICT.errno(EPERM))])),
        answer(VERDICT.allow),
      ];
    default:
      return [answer(VERDICT.errno(EPERM))];
  }
}
