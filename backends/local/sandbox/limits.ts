// A bottle's limits: by control groups where we may make some, which hold for all of its processes together; otherwise by
// the limits of processes, which hold less. What really holds is said in the preflight.

import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Resources } from "#contracts/backend.ts";
import { isErrno } from "#lib/atomic-file.ts";

/** Where the host's control groups are, and which can be made. */
export type CgroupHost =
  | { readonly version: 2; readonly root: string }
  | { readonly version: 1; readonly roots: Readonly<Record<"memory" | "pids" | "cpu", string>> };

export interface Limits {
  /** Folders to make; the bottle joins them before anything of it runs. */
  readonly groups: readonly { readonly folder: string; readonly files: Readonly<Record<string, string>> }[];
  /** Words before the first program inside: for all processes of the bottle. */
  readonly first: readonly string[];
  /** Words before the agent's own command. */
  readonly prefix: readonly string[];
  readonly enforced: readonly string[];
  readonly unenforced: readonly string[];
}

const PERIOD_MICROSECONDS = 100_000;

/** Pure: `host` is undefined where no group can be made. */
export function limitsFor(slug: string, resources: Resources, host: CgroupHost | undefined): Limits {
  return host === undefined ? processLimits(resources) : groupLimits(slug, resources, host);
}

function groupLimits(slug: string, { memory, pids, cpus }: Resources, host: CgroupHost): Limits {
  const quota = cpus === undefined ? undefined : String(Math.round(cpus * PERIOD_MICROSECONDS));
  const name = `bottle-dash.${slug}`;
  const files: [controller: "memory" | "pids" | "cpu", file: string, text: string][] = [];
  if (memory !== undefined)
    files.push(["memory", host.version === 2 ? "memory.max" : "memory.limit_in_bytes", String(memory)]);
  if (pids !== undefined) files.push(["pids", "pids.max", String(pids)]);
  if (quota !== undefined) {
    files.push(
      host.version === 2 ? ["cpu", "cpu.max", `${quota} ${PERIOD_MICROSECONDS}`] : ["cpu", "cpu.cfs_quota_us", quota],
    );
  }
  const folderOf = (controller: "memory" | "pids" | "cpu"): string =>
    join(host.version === 2 ? host.root : host.roots[controller], name);
  const folders = [...new Set(files.map(([controller]) => folderOf(controller)))];
  return {
    groups: folders.map((folder) => ({
      folder,
      files: Object.fromEntries(
        files.filter(([controller]) => folderOf(controller) === folder).map(([, file, text]) => [file, text]),
      ),
    })),
    first: [],
    prefix: [],
    enforced: [
      ...(memory === undefined ? [] : [`memory: ${memory} bytes in all`]),
      ...(pids === undefined ? [] : [`processes and threads: ${pids} in all`]),
      ...(cpus === undefined ? [] : [`processor time: ${cpus} cores in all`]),
    ],
    unenforced: [],
  };
}

function processLimits({ memory, pids, cpus }: Resources): Limits {
  return {
    groups: [],
    // Not for the sandbox as a whole: outside of its user namespace the operator's own processes would count.
    first: pids === undefined ? [] : ["prlimit", `--nproc=${pids}`, "--"],
    prefix: memory === undefined ? [] : ["prlimit", `--data=${memory}`, "--"],
    enforced: [
      ...(memory === undefined ? [] : [`memory: ${memory} bytes of data for each process`]),
      ...(pids === undefined ? [] : [`processes and threads: ${pids} in all`]),
    ],
    unenforced: [
      ...(memory === undefined
        ? []
        : ["memory is not limited for all processes together: no control group can be made here"]),
      ...(cpus === undefined ? [] : ["processor time is not limited: no control group can be made here"]),
    ],
  };
}

/** Found out by making one. `base` is where control groups are mounted. */
export function findCgroups(base = "/sys/fs/cgroup"): CgroupHost | undefined {
  if (existsSync(join(base, "cgroup.controllers"))) {
    const enabled = readOr(join(base, "cgroup.subtree_control")).trim().split(" ");
    const all = ["memory", "pids", "cpu"].every((controller) => enabled.includes(controller));
    return all && canMake(base, "memory.max") ? { version: 2, root: base } : undefined;
  }
  const roots = { memory: join(base, "memory"), pids: join(base, "pids"), cpu: join(base, "cpu") };
  const works =
    canMake(roots.memory, "memory.limit_in_bytes") &&
    canMake(roots.pids, "pids.max") &&
    canMake(roots.cpu, "cpu.cfs_quota_us");
  return works ? { version: 1, roots } : undefined;
}

/** Throws when a limit cannot be set: what was promised holds, or nothing starts. */
export async function makeGroups({ groups }: Limits): Promise<void> {
  for (const { folder, files } of groups) {
    await mkdir(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  }
}

/** Of a bottle that has ended. Idempotent. Throws when its processes do not go. */
export async function removeGroups(slug: string, base = "/sys/fs/cgroup"): Promise<void> {
  for (const parent of [base, ...["memory", "pids", "cpu"].map((controller) => join(base, controller))]) {
    await removeGroup(join(parent, `bottle-dash.${slug}`));
  }
}

const PATIENCE_MS = 3000;

/** The last processes may be on their way out: the kernel then says that it is busy, and tells nobody when it is not. */
async function removeGroup(folder: string): Promise<void> {
  for (const until = performance.now() + PATIENCE_MS; ;) {
    try {
      return await rmdir(folder);
    } catch (error) {
      if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return;
      if (!isErrno(error, "EBUSY") || performance.now() > until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function canMake(parent: string, file: string): boolean {
  const folder = join(parent, `bottle-dash-probe-${process.pid}`);
  try {
    mkdirSync(folder);
  } catch {
    return false;
  }
  try {
    accessSync(join(folder, file), constants.W_OK);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
