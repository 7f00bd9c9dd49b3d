// The argument list with which bubblewrap makes a bottle.

import { INSIDE } from "#domain/boot/protocol.ts";

import { INSIDE_UID, limitArguments, PATH, SHM_BYTES, TMP_BYTES, type Bind, type Sandbox } from "./sandbox.ts";

/** The descriptor on which the system call filter is handed over. */
export const SECCOMP_FD = 9;

export interface BubblewrapVersion {
  /** From 0.8 on: `--disable-userns` and `--size`. */
  readonly modern: boolean;
}

/** Runs `command` inside. No value of an environment variable and no secret stands here. */
export function bubblewrapArgs(sandbox: Sandbox, command: readonly string[], { modern }: BubblewrapVersion): string[] {
  const uid = String(INSIDE_UID);
  return [
    "bwrap",
    "--die-with-parent",
    ...["user", "pid", "net", "ipc", "uts"].map((name) => `--unshare-${name}`),
    "--unshare-cgroup-try",
    ...["--uid", uid, "--gid", uid, "--hostname", "bottle", "--cap-drop", "ALL", "--clearenv"],
    ...["--setenv", "PATH", PATH, "--setenv", "TERM", "xterm-256color"],
    ...(modern ? ["--disable-userns"] : []),
    ...["--seccomp", String(SECCOMP_FD)],
    ...sandbox.binds.filter(isSystem).flatMap(bind),
    ...sandbox.links.flatMap(({ path, target }) => ["--symlink", target, path]),
    ...["--dev", "/dev", ...sized(SHM_BYTES, modern), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
    // Not --new-session: it takes the agent's job control, and this terminal is the bottle's own.
    ...["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"],
    ...sandbox.masked.flatMap(mask),
    ...[...sized(TMP_BYTES, modern), "--perms", "1777", "--tmpfs", "/tmp", "--dir", "/var", "--symlink", "/tmp", "/var/tmp"],
    ...sandbox.binds.filter((one) => !isSystem(one)).flatMap(bind),
    ...["--remount-ro", "/", "--chdir", INSIDE.home, "--"],
    ...limitArguments(sandbox.resources),
    ...command,
  ];
}

function isSystem({ from, to }: Bind): boolean {
  return from === to;
}

function bind({ from, to, writable }: Bind): string[] {
  return [writable ? "--bind" : "--ro-bind", from, to];
}

function mask({ path, kind }: Sandbox["masked"][number]): string[] {
  return kind === "file" ? ["--ro-bind", "/dev/null", path] : ["--tmpfs", path, "--remount-ro", path];
}

function sized(bytes: number, modern: boolean): string[] {
  return modern ? ["--size", String(bytes)] : [];
}
