// What the kernel shows of an agent's process, judged; whether it is shown is not for the bottle to decide.

import { describe, expect, test } from "vitest";

import { kernelChecks, readProcess, type ProcessFacts } from "#backends/docker/launch/kernel-evidence.ts";

const NONE = "0000000000000000";
const status = (changed: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    Name: "docker-init",
    Uid: "1000\t1000\t1000\t1000",
    CapInh: NONE,
    CapPrm: NONE,
    CapEff: NONE,
    CapBnd: NONE,
    CapAmb: NONE,
    NSpid: "18451\t1",
    NoNewPrivs: "1",
    Seccomp: "2",
    ...changed,
  })
    .map(([name, value]) => `${name}:\t${value}\n`)
    .join("");
const mount = (point: string, options: string): string =>
  `74 49 0:39 / ${point} ${options},relatime - overlay overlay rw\n`;
const MOUNTS = [
  mount("/", "ro"),
  mount("/proc", "rw"),
  mount("/proc/sys", "ro"),
  mount("/dev/pts", "rw"),
  mount("/sys", "ro"),
  mount("/sys/fs/cgroup", "rw"),
  mount("/tmp", "rw"),
  mount("/home/node", "rw"),
  mount("/run/bottle/boot", "ro"),
].join("");
const fine: ProcessFacts = { status: status(), uidMap: "         0          0 4294967295\n", mountinfo: MOUNTS };
const of = { id: "0123abc", pid: 18451, runtime: "runc" };
const evidence = (facts: Partial<ProcessFacts>, hasSeccomp = true): string | undefined => {
  const [check] = kernelChecks(of, hasSeccomp, () => ({ ...fine, ...facts }));
  expect(check?.required).toBe(true);
  return check?.ok === true ? undefined : check?.evidence;
};

describe("what the kernel shows of an agent's process", () => {
  test("passes when it is confined", () => {
    expect(evidence({})).toBeUndefined();
  });

  test.each([
    ["uid 0 0 0 0", { status: status({ Uid: "0\t0\t0\t0" }) }],
    ["uid 1000 0 1000 1000", { status: status({ Uid: "1000\t0\t1000\t1000" }) }],
    ["uid unknown", { status: status({ Uid: "" }) }],
    ["uid 100000 100000 100000 100000", mapped(100_000)],
    ["uid 4000 4000 4000 4000", { ...mapped(4000), uidMap: "0 100000 65536\n" }],
    ["CapEff 0000000000002000", { status: status({ CapEff: "0000000000002000" }) }],
    ["CapBnd 00000000a80425fb", { status: status({ CapBnd: "00000000a80425fb" }) }],
    ["new privileges are possible", { status: status({ NoNewPrivs: "0" }) }],
    ["its system calls are not filtered", { status: status({ Seccomp: "0" }) }],
    ["it is in the host's namespace of processes", { status: status({ NSpid: "18451" }) }],
    ["/ can be written", { mountinfo: MOUNTS.replace("/ ro", "/ rw") }],
    ["/proc/sys can be written", { mountinfo: MOUNTS.replace("/proc/sys ro", "/proc/sys rw") }],
    ["/proc/sys can be written", { mountinfo: MOUNTS.replace("/proc/sys", "/proc/other") }],
    ["/run/bottle/boot can be written", { mountinfo: MOUNTS.replace("/run/bottle/boot ro", "/run/bottle/boot rw") }],
    ["everything can be written", { mountinfo: "" }],
  ])("names what is wrong: %s", (named, facts) => {
    expect(evidence(facts)).toBe(named);
  });

  test("allows who is root neither outside nor in its own user namespace", () => {
    expect(evidence(mapped(101_000))).toBeUndefined();
  });

  test("asks for no filter of an engine that has none", () => {
    expect(evidence({ status: status({ Seccomp: "0" }) }, false)).toBeUndefined();
  });

  test("is a weakness where the engine's processes are not this machine's", () => {
    expect(kernelChecks(of, true, () => undefined)).toMatchObject([{ required: false, ok: false }]);
  });

  test("is no matter of a runtime with a kernel of its own", () => {
    expect(kernelChecks({ ...of, runtime: "runsc" }, true, () => undefined)).toEqual([]);
  });

  test("refuses what has ended meanwhile", () => {
    expect(kernelChecks({ ...of, pid: 0 }, true)).toMatchObject([{ required: true, ok: false }]);
  });

  test("takes no other process for the container's", () => {
    expect(readProcess(process.pid, "f".repeat(64))).toBeUndefined();
    expect(readProcess(2 ** 22 + 1, "f".repeat(64))).toBeUndefined();
  });
});

function mapped(uid: number): Partial<ProcessFacts> {
  return { status: status({ Uid: [uid, uid, uid, uid].join("\t") }), uidMap: "0 100000 65536\n" };
}
