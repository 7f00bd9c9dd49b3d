// What a daemon leaves behind is reaped and ended below the wrapper, and never reaches whoever started it.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";

import { underSubreaper } from "#sidecars/init/subreaper.ts";

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGTERM"); // the wrapper then ends what is below it
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    child.stdout?.destroy();
  }
});

interface Wrapped {
  readonly child: ChildProcess;
  readonly pid: number;
  said(): string;
}

/** A shell as the daemon. */
function wrap(script: string): Wrapped {
  const command = underSubreaper({ file: "/bin/sh", args: ["-c", script], env: { PATH: "/usr/bin:/bin" } });
  expect(command.file).toBe("/usr/bin/perl");
  const child = spawn(command.file, command.args, { env: { ...command.env }, stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  return { child, pid: child.pid ?? 0, said: () => said };
}

async function endOf({ child }: Wrapped): Promise<[number | null, string | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return [child.exitCode, child.signalCode];
}

/** A zombie is none: whose child it is now may take its time. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ .*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** State letters of the children of `parent`. */
function states(parent: number): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [state, ppid] = readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /, "")
          .split(" ");
        return Number(ppid) === parent ? [state ?? ""] : [];
      } catch {
        return [];
      }
    });
}

describe("a daemon below the wrapper", () => {
  it.each([0, 3, 137])("ends with its own code %d", async (code) => {
    expect(await endOf(wrap(`exit ${code}`))).toEqual([code, null]);
  });

  it.each(["SIGTERM", "SIGKILL", "SIGHUP"] as const)("that dies of %s makes the wrapper die of it", async (signal) => {
    const wrapped = wrap(`kill -${signal.slice(3)} $$; sleep 30`);
    expect(await endOf(wrapped)).toEqual([null, signal]);
  });

  it.each(["TERM", "INT", "HUP", "USR1"])("gets SIG%s that is meant for it", async (name) => {
    const wrapped = wrap(`trap 'echo got ${name}; exit 5' ${name}; echo ready; while :; do sleep 0.05; done`);
    await expect.poll(wrapped.said).toContain("ready");
    wrapped.child.kill(`SIG${name}` as NodeJS.Signals);
    expect(await endOf(wrapped)).toEqual([5, null]);
    expect(wrapped.said()).toContain(`got ${name}`);
  });

  it("sees the end of its standard input", async () => {
    const wrapped = wrap("cat >/dev/null; exit 4");
    wrapped.child.stdin?.end();
    expect(await endOf(wrapped)).toEqual([4, null]);
  });

  it("leaves no zombies of its grandchildren: they are reaped as they end", async () => {
    const wrapped = wrap("for i in 1 2 3 4 5; do sh -c 'sleep 0.05 & exit' ; done; echo made; sleep 30");
    await expect.poll(wrapped.said).toContain("made");
    await expect.poll(() => states(wrapped.pid), { timeout: 5000 }).toEqual(["S"]);
  });

  it("takes what it left in the background with it, several generations of it", async () => {
    const wrapped = wrap(
      'sh -c \'echo $$; (trap "" TERM HUP; sh -c "echo \\$\\$; sleep 60"; sleep 60) & exec sleep 60\' & sleep 0.3; exit 6',
    );
    await expect.poll(() => wrapped.said().trim().split("\n").length).toBeGreaterThanOrEqual(2);
    const pids = wrapped.said().trim().split("\n").map(Number);
    expect(await endOf(wrapped)).toEqual([6, null]);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("dies with a wrapper that is killed", async () => {
    const wrapped = wrap("echo $$; exec sleep 60");
    await expect.poll(wrapped.said).toMatch(/\d+\n/);
    wrapped.child.kill("SIGKILL");
    await endOf(wrapped);
    await expect.poll(() => isAlive(Number(wrapped.said()))).toBe(false);
  });

  it("that cannot be started is an error with its name", async () => {
    const command = underSubreaper({ file: "/no/such/program", args: [], env: {} });
    const child = spawn(command.file, command.args, { stdio: ["ignore", "ignore", "pipe"] });
    children.push(child);
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    expect(code).not.toBe(0);
    expect(said).toContain("/no/such/program");
  });
});

it("is the daemon itself on a machine whose calls we do not know", () => {
  const command = { file: "/node", args: ["x"], env: {} };
  expect(underSubreaper(command, "riscv64")).toBe(command);
});
