import { describe, expect, test } from "vitest";

import { nothingOf, runAttempts } from "#sidecars/entrypoint/checks/attempt.ts";
import { noCapabilities, noNewPrivileges, parseStatus, seccompMode } from "#sidecars/entrypoint/checks/kernel.ts";
import { onlyLoopback } from "#sidecars/entrypoint/checks/network.ts";
import { environmentIsOurs, isCloseOnExec, noOthers, readOnly } from "#sidecars/entrypoint/checks/surroundings.ts";

const DEV = "Inter-|   Receive\n face |bytes    packets\n";

describe("interfaces", () => {
  test("are fine with lo alone", () => {
    expect(onlyLoopback(`${DEV}    lo:     100       1 0 0\n`)).toEqual({ ok: true, evidence: "only lo" });
  });
  test.each([["eth0"], ["tun0"], ["docker0"]])("are not with %s", (name) => {
    expect(onlyLoopback(`${DEV}    lo: 1 1\n  ${name}: 5 5\n`)).toMatchObject({
      ok: false,
      evidence: expect.stringContaining(name),
    });
  });
  test("are not without lo", () => {
    expect(onlyLoopback(DEV).ok).toBe(false);
  });
});

describe("the process's status", () => {
  const status = (changes: Record<string, string> = {}) =>
    parseStatus(
      Object.entries({
        Name: "node",
        CapInh: "0",
        CapPrm: "0000",
        CapEff: "0",
        CapBnd: "0",
        CapAmb: "0",
        NoNewPrivs: "1",
        Seccomp: "2",
        ...changes,
      })
        .map(([name, value]) => `${name}:\t${value}`)
        .join("\n"),
    );
  test("is fine without any right", () => {
    expect([noCapabilities(status()), noNewPrivileges(status()), seccompMode(status())].map(({ ok }) => ok)).toEqual([
      true,
      true,
      true,
    ]);
  });
  test.each(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])("is not with a capability in %s", (set) => {
    expect(noCapabilities(status({ [set]: "0000000000001000" })).ok).toBe(false);
  });
  test("proves nothing when a line is missing", () => {
    expect(noCapabilities(new Map()).ok).toBe(false);
    expect(noNewPrivileges(new Map()).ok).toBe(false);
    expect(seccompMode(new Map()).ok).toBe(false);
  });
  test.each(["0", "1"])("is not filtered in seccomp mode %s", (mode) => {
    expect(seccompMode(status({ Seccomp: mode })).ok).toBe(false);
  });
});

describe("mounts", () => {
  const mount = (point: string, options: string) => `1 2 0:1 / ${point} ${options} - tmpfs tmpfs rw`;
  test("are fine read-only, with what is the bottle's own to write", () => {
    const text = [
      mount("/", "ro,nosuid"),
      mount("/home/node", "rw"),
      mount("/tmp", "rw"),
      mount("/proc", "rw"),
      mount("/dev/pts", "rw"),
      mount("/proc/sys", "ro"),
    ].join("\n");
    expect(readOnly(text).ok).toBe(true);
  });
  test.each(["/", "/usr", "/opt/bottle-dash", "/proc/sys", "/run/bottle/egress", "/home", "/tmpx"])(
    "are not with %s writable",
    (point) => {
      expect(readOnly([mount("/home/node", "rw"), mount(point, "rw,relatime")].join("\n"))).toMatchObject({
        ok: false,
      });
    },
  );
  test("prove nothing when there are none", () => {
    expect(readOnly("").ok).toBe(false);
  });
});

test("other processes are found among all that /proc shows", () => {
  expect(noOthers(["1", "7", "self", "cpuinfo"], [1, 7]).ok).toBe(true);
  expect(noOthers(["1", "7", "8"], [1, 7])).toMatchObject({ ok: false, evidence: "also there: 8" });
});

test("the environment has nothing but what a program needs to start", () => {
  expect(environmentIsOurs({ PATH: "/bin", TERM: "x", PWD: "/" }).ok).toBe(true);
  expect(environmentIsOurs({ PATH: "/bin", SSH_AUTH_SOCK: "/x" })).toMatchObject({
    ok: false,
    evidence: expect.stringContaining("SSH_AUTH_SOCK"),
  });
});

test("descriptors are told apart by whether they were opened to be inherited", () => {
  expect(isCloseOnExec("pos:\t0\nflags:\t02000002\nmnt_id:\t1\n")).toBe(true);
  expect(isCloseOnExec("pos:\t0\nflags:\t0100002\n")).toBe(false);
  expect(isCloseOnExec("")).toBe(false);
});

test("an attempt that breaks has failed, and stops no other", async () => {
  const checks = await runAttempts([
    { name: "breaks", required: true, try: () => Promise.reject(new Error("no such file")) },
    {
      name: "throws",
      required: false,
      try: () => {
        throw new Error("at once");
      },
    },
    { name: "works", required: true, try: () => nothingOf([], "fine", "wrong") },
  ]);
  expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
    ["breaks", false],
    ["throws", false],
    ["works", true],
  ]);
  expect(checks[0]!.evidence).toContain("no such file");
});

test("evidence names a few of many, and is never endless", async () => {
  const many = Array.from({ length: 50 }, (_, index) => `file${index}${"x".repeat(200)}`);
  const [check] = await runAttempts([{ name: "many", required: true, try: () => nothingOf(many, "", "found") }]);
  expect(check!.evidence.length).toBeLessThanOrEqual(400);
  expect(nothingOf(["a", "b", "c", "d", "e", "f"], "", "found").evidence).toBe("found: a, b, c, d, e and 1 more");
});

test("what an image brings is no leak, and what an engine keeps for itself no way to write", () => {
  const env = { PATH: "/bin", NODE_VERSION: "24", HOSTNAME: "bottle" };
  expect(environmentIsOurs(env, ["NODE_VERSION", "HOSTNAME"]).ok).toBe(true);
  expect(environmentIsOurs({ ...env, AWS_KEY: "x" }, ["NODE_VERSION", "HOSTNAME"]).ok).toBe(false);
  const text = "1 2 0:1 / /home/node rw - ext4 x rw\n1 2 0:1 / /sys/fs/cgroup rw - tmpfs x rw\n";
  expect(readOnly(text).ok).toBe(false);
  expect(readOnly(text, ["/sys/fs/cgroup"]).ok).toBe(true);
});
