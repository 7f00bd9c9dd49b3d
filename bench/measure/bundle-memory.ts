// The memory of one bottle's sidecars while nothing happens, shared pages counted once.

import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { MAX_PACK_BYTES, type GitGate } from "#domain/git-gate/gate.ts";
import { treeOf } from "#lib/process-tree.ts";

import { proportionalMemory } from "../process-figures.ts";
import type { Reading } from "../reading.ts";
import { median } from "../statistics.ts";
import { startBundle } from "../state/sidecar-bundle.ts";

import type { Effort } from "./effort.ts";

const SETTLED_MS = 3000;

export async function measureBundleMemory({ short }: Effort): Promise<Reading[]> {
  const folder = await mkdtemp(join(tmpdir(), "bottle-bench-"));
  try {
    // A copy of its own: pages of the runtime that others on this machine use as well would count for a fraction.
    const node = join(folder, "node");
    await copyFile(process.execPath, node);
    const rounds: Round[] = [];
    for (let round = 0; round < (short ? 3 : 5); round += 1) rounds.push(await measureOnce(folder, node, round));
    const total = median(rounds.map(({ total }) => total));
    const middle = rounds.find((round) => round.total === total) ?? rounds[0]!;
    const note = middle.each.map(({ name, megabytes }) => `${name} ${megabytes.toFixed(0)}`).join(", ");
    return [{ id: "bundle.memory", value: total, note }];
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Round {
  readonly total: number;
  readonly each: readonly { readonly name: string; readonly megabytes: number }[];
}

async function measureOnce(folder: string, node: string, round: number): Promise<Round> {
  const root = join(folder, `root-${round}`);
  const identity = join(folder, "identity");
  await writeFile(identity, "no key\n", { mode: 0o600 });
  const daemons = ["egress", "supervise", "git-gate"] as const;
  const more = { daemons: [...daemons], rebuild: true, git_gate: unreachable(identity) };
  const bundle = await startBundle(root, "bench-00000", { more, node });
  try {
    // An agent that has asked once: until then supervise has not loaded what answers it.
    await bundle.call("list-egress-routes", {});
    await wait(SETTLED_MS);
    const pids = [bundle.pid, ...treeOf(bundle.pid).filter((pid) => pid !== bundle.pid)];
    const each = await Promise.all(
      pids.map(async (pid) => ({ name: await programOf(pid), megabytes: proportionalMemory(pid) })),
    );
    if (each.length !== daemons.length + 1) throw new Error(`the bundle has ${each.length} processes`);
    return { total: each.reduce((sum, { megabytes }) => sum + megabytes, 0), each };
  } finally {
    await bundle.stop();
  }
}

async function programOf(pid: number): Promise<string> {
  const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
  return words.find((word) => word.endsWith(".js"))?.replace(/^.*\/|\.js$/g, "") ?? "?";
}

/** The gate asks nobody before somebody asks it. */
function unreachable(identity: string): GitGate {
  const repo = { name: "demo", user: "git", host: "git.invalid", port: 22, path: "/demo.git", identity };
  return { repos: [{ ...repo, force_push: false }], max_pack_bytes: MAX_PACK_BYTES };
}
