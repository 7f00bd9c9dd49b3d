// The argument list with which bubblewrap makes a bottle.

import { INSIDE } from "#domain/boot/protocol.ts";

import { words } from "./shell-text.ts";
import { INSIDE_UID, PATH, SECCOMP_FD, SHM_BYTES, TMP_BYTES, type Bind, type Sandbox } from "./sandbox.ts";

export interface BubblewrapVersion {
  /** From 0.8 on: `--disable-userns` and `--size`. */
  readonly modern: boolean;
}

/** Runs `command` inside. No value of an environment variable and no secret stands here. */
export function bubblewrapArgs(sandbox: Sandbox, command: readonly string[], { modern }: BubblewrapVersion): string[] {
  return [
    ...words("bwrap --die-with-parent"),
    ...words("--unshare-user --unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try"),
    ...words(`--uid ${INSIDE_UID} --gid ${INSIDE_UID} --hostname bottle --cap-drop ALL --clearenv`),
    ...words(`--setenv PATH ${PATH} --setenv TERM xterm-256color`),
    ...(modern ? ["--disable-userns"] : []),
    ...words(`--seccomp ${SECCOMP_FD}`),
    ...sandbox.binds.filter(isSystem).flatMap(bind),
    ...sandbox.links.flatMap(({ path, target }) => ["--symlink", target, path]),
    ...words("--dev /dev"),
    ...sized(SHM_BYTES, modern),
    ...words("--tmpfs /dev/shm --remount-ro /dev"),
    // Not --new-session: the entrypoint makes the session itself, with the terminal that --new-session would take away.
    ...words("--proc /proc --ro-bind /proc/sys /proc/sys"),
    ...sandbox.masked.flatMap(mask),
    ...sized(TMP_BYTES, modern),
    ...words("--perms 1777 --tmpfs /tmp --dir /var --symlink /tmp /var/tmp"),
    ...sandbox.binds.filter((one) => !isSystem(one)).flatMap(bind),
    ...words(`--remount-ro / --chdir ${INSIDE.home} --`),
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
