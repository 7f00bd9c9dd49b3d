// Brings one mirror up to its upstream: asks what is there, fetches when that differs, and follows its HEAD.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import type { GateRepo } from "#domain/git-gate/gate.ts";

import type { GatePaths } from "../gate-paths.ts";
import { takeLock } from "../git/lock.ts";
import { runGit, type GitRun } from "../git/run-git.ts";
import { connectionTo, type Connection } from "./connection.ts";
import { explainFailure } from "./explain-failure.ts";
import { parseForEachRef, parseLsRemote, REFSPECS, sameRefs, type RefList } from "./remote-refs.ts";

export interface FetchOptions {
  /** The hook holds the mirror's lock already; everybody else takes it. */
  readonly lock: "take" | "held";
  readonly signal?: AbortSignal;
}

/** A first fetch of a large repository over a slow line is meant to succeed. */
const LONGEST_FETCH_MS = 30 * 60_000;
const LONGEST_LIST_MS = 60_000;
const LOCAL_MS = 60_000;
const LOCK_SECONDS = 120;

/** True when anything was new. Throws BottleError with one line that the agent may read. */
export async function fetchUpstream(repo: GateRepo, paths: GatePaths, options: FetchOptions): Promise<boolean> {
  const connection = await connectionTo(repo, paths);
  const mirror = paths.mirror(repo.name);
  const listed = await runGit(["ls-remote", "--symref", "--quiet", connection.url], {
    env: connection.env,
    cwd: paths.home,
    timeoutMs: LONGEST_LIST_MS,
    ...pick(options),
  });
  const upstream = parseLsRemote(await succeeded(repo, listed));
  if (await isCurrent(mirror, upstream, connection)) return false;
  const lock = options.lock === "take" ? await takeLock(paths.lock(repo.name), LOCK_SECONDS) : undefined;
  try {
    await fetchInto(mirror, repo, connection, { ...pick(options), ...(lock && { inherit: lock.descriptor }) });
    await followHead(mirror, upstream.head, connection);
  } finally {
    lock?.release();
  }
  return true;
}

function pick({ signal }: FetchOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

async function isCurrent(mirror: string, { refs, head }: RefList, { env }: Connection): Promise<boolean> {
  const args = [`--git-dir=${mirror}`, "for-each-ref", "--format=%(objectname)%09%(refname)"];
  const { code, stdout } = await runGit(args, { env, timeoutMs: LOCAL_MS });
  if (code !== 0 || !sameRefs(refs, parseForEachRef(stdout))) return false;
  return head === undefined || (await headOf(mirror)) === head;
}

async function fetchInto(
  mirror: string,
  repo: GateRepo,
  { url, env }: Connection,
  more: { inherit?: number; signal?: AbortSignal },
): Promise<void> {
  const flags = ["--prune", "--no-tags", "--force", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules"];
  const args = [`--git-dir=${mirror}`, "fetch", "--quiet", ...flags, "--", url, ...REFSPECS];
  await succeeded(repo, await runGit(args, { env, timeoutMs: LONGEST_FETCH_MS, ...more }));
}

/** A clone checks out what HEAD names. Written by git itself, in one step. */
async function followHead(mirror: string, head: string | undefined, { env }: Connection): Promise<void> {
  if (head === undefined || (await headOf(mirror)) === head) return;
  await runGit([`--git-dir=${mirror}`, "symbolic-ref", "HEAD", head], { env, timeoutMs: LOCAL_MS });
}

async function headOf(mirror: string): Promise<string | undefined> {
  const text = await readFile(join(mirror, "HEAD"), "utf8").catch(() => "");
  return /^ref: (\S+)/.exec(text)?.[1];
}

async function succeeded(repo: GateRepo, { code, stdout, stderr, timedOut }: GitRun): Promise<string> {
  if (code === 0) return stdout;
  throw new BottleError("unavailable", explainFailure(repo, stderr, timedOut));
}
