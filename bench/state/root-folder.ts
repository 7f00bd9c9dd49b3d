// A root folder with bottles in it, as launches would have left them: for measurements that only look at state on disk.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { bottlePaths } from "#lib/paths.ts";

export interface BenchRoot {
  readonly root: string;
  readonly slugs: readonly string[];
  remove(): Promise<void>;
}

const started = Date.parse("2026-01-05T08:00:00Z");

/** `count` bottles that have ended, one a minute. */
export async function rootWithBottles(count: number): Promise<BenchRoot> {
  const root = await mkdtemp(join(tmpdir(), "bottle-bench-"));
  const slugs = Array.from({ length: count }, (_, index) => `bench-${String(index).padStart(4, "0")}`);
  for (const [index, slug] of slugs.entries()) {
    const at = new Date(started + index * 60_000).toISOString();
    const paths = bottlePaths(root, slug);
    await writeJson(paths.metadata, bottleMetadata(slug, at));
    await writeJson(paths.agent.exit, { at, exit_code: index % 5 === 4 ? 1 : 0, signal: null, reason: "exited" });
  }
  return { root, slugs, remove: () => rm(root, { recursive: true, force: true }) };
}

export function bottleMetadata(slug: string, startedAt: string): Record<string, unknown> {
  return {
    identity: slug,
    agent_name: "bench",
    cwd: "",
    copy_cwd: false,
    started_at: startedAt,
    compose_project: "",
    backend: "local",
    label: "",
    color: "",
    provider: "command",
    definition_digest: "",
    bottle: "bench",
  };
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, `${JSON.stringify(value)}\n`, { mode: 0o600 });
}
