// Which confinement works on this host, found out by really making one.

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Probe } from "#contracts/backend.ts";

import type { BubblewrapVersion } from "./sandbox/bubblewrap-args.ts";
import { isFiltered, sandboxCommand, type Maker } from "./sandbox/command.ts";
import { bottleUid } from "./sandbox/drop-root.ts";
import { LOADERS } from "./sandbox/filter-loader.ts";
import { MECHANISMS, PATH, type Mechanism, type Sandbox } from "./sandbox/sandbox.ts";
import { seccompFilter } from "./sandbox/seccomp.ts";
import { systemPaths } from "./sandbox/system-paths.ts";

const run = promisify(execFile);

export interface Found {
  readonly mechanism: Mechanism;
  readonly version: string;
  readonly bubblewrap: BubblewrapVersion;
  readonly loader: Maker["loader"];
}
export type Search = { readonly found: Found } | { readonly found: undefined; readonly tried: readonly Failure[] };
export interface Failure {
  readonly mechanism: Mechanism;
  readonly missing: boolean;
  readonly message: string;
}

/** The best that works. `only` narrows it to one (`BOTTLE_SANDBOX`). */
export async function searchMechanism(only: string | undefined): Promise<Search> {
  const tried: Failure[] = [];
  for (const mechanism of MECHANISMS.filter((name) => only === undefined || only === "" || only === name)) {
    const result = await tryMechanism(mechanism);
    if ("version" in result) return { found: result };
    tried.push(result);
  }
  return { found: undefined, tried };
}

export function probeOf(search: Search, only: string | undefined): Probe {
  if (search.found !== undefined) {
    const { mechanism, version } = search.found;
    return { available: true, mechanism, version, weaknesses: weaknessesOf(search.found) };
  }
  if (search.tried.length === 0) {
    return {
      available: false,
      why: `BOTTLE_SANDBOX is ${JSON.stringify(only)}`,
      hint: `set it to ${MECHANISMS.join(" or ")}, or unset it`,
    };
  }
  return {
    available: false,
    why: search.tried.map(({ mechanism, message }) => `${mechanism}: ${message}`).join("; "),
    hint: hintFor(search.tried, kernelSettings()),
  };
}

/** None where the filter is loaded: the two mechanisms then hold the same. */
export function weaknessesOf(made: Pick<Maker, "mechanism" | "loader">): string[] {
  if (isFiltered(made)) return [];
  return [
    "system calls are not filtered (a virtual machine's vsock and the keys of your session stay reachable): install bubblewrap",
  ];
}

/** The settings of the kernel that are known to forbid user namespaces; undefined where there is none such. */
export interface KernelSettings {
  /** kernel.apparmor_restrict_unprivileged_userns: Ubuntu 23.10 and later. */
  readonly apparmor: string | undefined;
  /** kernel.unprivileged_userns_clone: Debian 10 and earlier. */
  readonly clone: string | undefined;
  /** user.max_user_namespaces. */
  readonly max: string | undefined;
}

/** One imperative sentence: what to set or install. */
export function hintFor(tried: readonly Failure[], { apparmor, clone, max }: KernelSettings): string {
  if (max === "0") return "allow user namespaces: `sysctl -w user.max_user_namespaces=15000` as root";
  if (clone === "0") return "allow user namespaces: `sysctl -w kernel.unprivileged_userns_clone=1` as root";
  if (apparmor === "1") {
    return "allow user namespaces: `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` as root, or give /usr/bin/bwrap an AppArmor profile with `userns,`";
  }
  if (tried.every(({ missing }) => missing))
    return "install bubblewrap: `apt-get install bubblewrap` (or dnf, pacman, apk add)";
  return "allow user namespaces in this environment (in a container: a seccomp profile that lets unshare and mount through, and an unmasked /proc), and install bubblewrap";
}

async function tryMechanism(mechanism: Mechanism): Promise<Found | Failure> {
  const bubblewrap = { modern: true };
  let version: string;
  try {
    version = await versionOf(mechanism);
  } catch (error) {
    return { mechanism, missing: true, message: reasonOf(error) };
  }
  if (mechanism === "bubblewrap") bubblewrap.modern = isModern(version);
  const folder = await mkdtemp(join(tmpdir(), "bottle-probe-"));
  try {
    return { mechanism, version, bubblewrap, loader: await makeOne(mechanism, bubblewrap, folder) };
  } catch (error) {
    return { mechanism, missing: false, message: reasonOf(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A whole sandbox, as for a bottle, in which `true` runs. Returns what loaded its filter, the best that can. */
async function makeOne(mechanism: Mechanism, bubblewrap: BubblewrapVersion, folder: string): Promise<Found["loader"]> {
  const home = join(folder, "home");
  const system = systemPaths();
  const sandbox: Sandbox = {
    ...system,
    binds: [...system.binds, { from: home, to: "/home/node", writable: true, kind: "folder" }],
    groups: [],
    scratch: join(folder, "scratch"),
    seccomp: join(folder, "seccomp.bpf"),
  };
  const dropTo = process.getuid?.() === 0 ? bottleUid("probe") : undefined;
  await Promise.all([home, sandbox.scratch].map((path) => mkdir(path)));
  await chmod(home, 0o755);
  await writeFile(sandbox.seccomp, hasFilter() || mechanism === "bubblewrap" ? seccompFilter(process.arch) : "");
  const make = async (loader: Found["loader"]): Promise<void> => {
    const [file = "", ...args] = sandboxCommand(sandbox, ["/bin/true"], { mechanism, bubblewrap, loader, dropTo });
    await run(file, args, { env: { PATH }, timeout: 10_000 });
  };
  const loaders = mechanism === "util-linux" && hasFilter() ? LOADERS : [];
  for (const loader of loaders) {
    // Without one it may work still; then it says what it lacks.
    const works = await make(loader).then(
      () => true,
      () => false,
    );
    if (works) return loader;
  }
  await make(undefined);
  return undefined;
}

function hasFilter(): boolean {
  return process.arch === "x64" || process.arch === "arm64";
}

async function versionOf(mechanism: Mechanism): Promise<string> {
  const { stdout } = await run(mechanism === "bubblewrap" ? "bwrap" : "unshare", ["--version"], {
    env: { PATH },
    timeout: 5000,
  });
  return stdout.trim();
}

function isModern(version: string): boolean {
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 0 || Number(minor) >= 8;
}

function kernelSettings(): KernelSettings {
  const read = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8").trim() : undefined);
  return {
    apparmor: read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
    clone: read("/proc/sys/kernel/unprivileged_userns_clone"),
    max: read("/proc/sys/user/max_user_namespaces"),
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT") return "not installed";
  const said =
    "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim().split("\n").at(-1) : undefined;
  return said === undefined || said === "" ? (error.message.split("\n")[0] ?? "") : said;
}
