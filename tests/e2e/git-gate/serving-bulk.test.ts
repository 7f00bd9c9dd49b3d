// A pack of 200 MB through the gate, in and out: the gate does not hold it in memory, and no process below it grows without bound.

import { randomFillSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { treeOf } from "#lib/process-tree.ts";
import { commitAll, git } from "#tests/helpers/git/client.ts";
import { openSetting, type GateSetting } from "#tests/helpers/git/setting.ts";
import { requireSshd } from "#tests/helpers/git/upstream.ts";

const FILES = 20;
const FILE_BYTES = 10 * 2 ** 20;
const MEGABYTE = 1024;
/** Measured: 91 MB, most of it Node itself. */
const GATE_LIMIT = 150 * MEGABYTE;
/** Measured: 205 MB, with the parts of the pack that git maps and the kernel may take back. */
const GIT_LIMIT = 260 * MEGABYTE;

describe("200 MB through the git gate", requireSshd(), () => {
  let at: GateSetting;
  let pushed: string;
  beforeAll(async () => {
    at = await openSetting();
    const seed = join(at.work, "seed");
    const bytes = Buffer.alloc(FILE_BYTES);
    pushed = commitAll(
      seed,
      () => {
        for (let file = 0; file < FILES; file += 1) writeFileSync(join(seed, `big-${file}`), randomFillSync(bytes));
      },
      "big",
    );
    git(seed, "config", "core.compression", "0");
  });
  afterAll(() => at.close());

  it("come upstream by a push, and down by a clone, in bounded memory", { timeout: 400_000 }, async () => {
    const watch = watchMemory(at.gate.process.pid!);
    expect(await at.run(["push", "-q", at.gate.http("demo"), "main:refs/heads/big"], "seed")).toMatchObject({
      code: 0,
    });
    expect(git(join(at.upstream.folder, "demo.git"), "rev-parse", "big")).toBe(pushed);
    expect(await at.run(["clone", "-q", "--bare", "-b", "big", at.gate.http("demo"), "clone"])).toMatchObject({
      code: 0,
    });
    expect(git(join(at.work, "clone"), "rev-parse", "big")).toBe(pushed);
    const { gate, others } = watch.end();
    expect(gate).toBeLessThan(GATE_LIMIT);
    expect(others).toBeLessThan(GIT_LIMIT);
  });
});

/** The largest that the gate, and any process below it, ever was (kilobytes). */
function watchMemory(pid: number): { end: () => { gate: number; others: number } } {
  let others = 0;
  const look = setInterval(() => {
    for (const other of treeOf(pid)) if (other !== pid) others = Math.max(others, largest(other));
  }, 100);
  return {
    end() {
      clearInterval(look);
      return { gate: largest(pid), others };
    },
  };
}

function largest(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}
