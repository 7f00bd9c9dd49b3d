// Root on the host never becomes root of a bottle: a uid of the bottle's own, and a stage on which that uid can reach what
// lies under root's closed folders.

import { sha256 } from "#lib/hash.ts";

import type { Bind, Sandbox } from "./sandbox.ts";
import { quote } from "./shell-text.ts";

const FIRST_UID = 2_000_000_000;
const UIDS = 100_000_000;

/** The same at each launch of a bottle, so that its home stays its own. No person and no service has such a uid. */
export function bottleUid(slug: string): number {
  return FIRST_UID + (Number.parseInt(sha256(slug).slice(0, 12), 16) % UIDS);
}

/** The stage covers this folder, in a mount namespace of its own: any uid can reach it, and nobody else sees it. */
const STAGE = "/tmp";

/** The sandbox as it is seen from the stage: binds of the host's own system stay, all others come from there. */
export function stagedSandbox(sandbox: Sandbox): Sandbox {
  return {
    ...sandbox,
    binds: sandbox.binds.map((bind, index) => (isStaged(bind) ? { ...bind, from: `${STAGE}/${index}` } : bind)),
    scratch: `${STAGE}/root`,
  };
}

/** Runs `command`, which makes the staged sandbox, as `uid` without any other group, right or capability. */
export function droppedArgs(sandbox: Sandbox, uid: number, command: readonly string[]): string[] {
  return [
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "/bin/sh",
    "-c",
    stageScript(sandbox, uid),
    "bottle",
    ...command,
  ];
}

/** For /bin/sh as root in a private mount namespace; "$@" is what to run as `uid`. */
function stageScript(sandbox: Sandbox, uid: number): string {
  return [
    "set -eu",
    "umask 022",
    `cd ${quote(sandbox.scratch)}`,
    "mount -t tmpfs -o mode=0755,nosuid,nodev,size=1m tmpfs .",
    `cd ${quote(sandbox.scratch)}`, // the old folder lies below the new mount
    "mkdir root",
    ...sandbox.binds.flatMap((bind, index) => (isStaged(bind) ? stage(bind, index) : [])),
    // Opening /dev/stderr asks for the terminal's own permission; it is this bottle's alone.
    `if terminal=$(tty); then chown ${uid} "$terminal"; fi`,
    `mount --move . ${STAGE}`,
    "cd /",
    `exec setpriv --reuid ${uid} --regid ${uid} --clear-groups --inh-caps=-all --pdeathsig KILL "$@"`,
  ].join("\n");
}

function isStaged({ from, to }: Bind): boolean {
  return from !== to;
}

function stage({ from, kind }: Bind, index: number): string[] {
  return [kind === "folder" ? `mkdir ${index}` : `: > ${index}`, `mount --rbind ${quote(from)} ${index}`];
}
