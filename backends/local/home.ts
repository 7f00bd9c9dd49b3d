// The folders of a bottle that its agent sees: the home with the copied workspace, and a few files of /etc made for it.

import { execFile } from "node:child_process";
import { chmod, mkdir, realpath, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { BottleError } from "#domain/bottle-error.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import type { BottlePaths } from "#lib/paths.ts";

import { copyFolder } from "#lib/launch/copy-folder.ts";
import { demandGoOn } from "#lib/launch/steps.ts";
import { INSIDE_UID } from "./sandbox/sandbox.ts";

const run = promisify(execFile);

/** Copies `copyCwd` only into a new one. `root` is never copied into itself. */
export async function makeHome(
  home: string,
  copyCwd: string | undefined,
  root: string,
  signal: AbortSignal,
): Promise<void> {
  const isNew = (await stat(home).catch(() => undefined)) === undefined;
  await mkdir(home, { recursive: true, mode: 0o755 });
  if (isNew && copyCwd !== undefined) await copyWorkspace(copyCwd, join(home, "workspace"), root, signal);
}

/** Gives the home to the bottle's own uid. Links are not followed: an earlier run may have left any. */
export async function giveHome(home: string, uid: number): Promise<void> {
  if ((await stat(home)).uid === uid) return;
  await run("chown", ["-R", "-h", "-P", `${uid}:${uid}`, home]);
}

async function copyWorkspace(from: string, to: string, root: string, signal: AbortSignal): Promise<void> {
  try {
    await copyFolder(await realpath(from), to, { without: await realpath(root), signal });
  } catch (cause) {
    demandGoOn(signal);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BottleError("failed", `cannot be copied into the bottle (${reason})`, { where: from, cause });
  }
  await chmod(to, 0o755);
}

/** Name in `folder` → where it is bound. */
export const ETC_FILES: Readonly<Record<string, { path: string; text: string }>> = {
  passwd: {
    path: "/etc/passwd",
    text: `node:x:${INSIDE_UID}:${INSIDE_UID}:node:${INSIDE.home}:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n`,
  },
  group: { path: "/etc/group", text: `node:x:${INSIDE_UID}:\nnogroup:x:65534:\n` },
  hosts: { path: "/etc/hosts", text: "127.0.0.1 localhost bottle\n::1 localhost\n" },
  hostname: { path: "/etc/hostname", text: "bottle\n" },
  "nsswitch.conf": { path: "/etc/nsswitch.conf", text: "passwd: files\ngroup: files\nhosts: files dns\n" },
  "resolv.conf": { path: "/etc/resolv.conf", text: "" },
};

export async function writeEtc(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  for (const [name, { text }] of Object.entries(ETC_FILES)) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o644);
  }
}

/** Folders that sidecars fill and the bottle sees; made before either, open to the bottle's uid below closed ones. */
export async function makeShared(paths: BottlePaths): Promise<void> {
  for (const folder of [
    sharedFolder(paths.egress.socket),
    sharedFolder(paths.supervise.socket),
    sharedFolder(paths.gitGate.http),
    paths.tls.inside,
    paths.supervise.currentConfig,
  ]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o755);
  }
}

/** The folder of a socket: bound as a whole, so that a restarted sidecar's new socket is seen. */
function sharedFolder(socket: string): string {
  return join(socket, "..");
}
