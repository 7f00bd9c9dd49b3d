// Files in and out of a local bottle: its home is a folder of this machine, which its agent may change at the same time.
// Every folder on the way is opened without following a link, and everything is staged where the agent cannot reach it.

import { randomBytes } from "node:crypto";
import { constants, lchown, lstat, mkdir, open, readdir, readlink, symlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

import type { CopiedOut } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { isErrno } from "#lib/atomic-file.ts";
import { parseDestination, parseSource, placeOf, type Source } from "#lib/copy/paths.ts";
import { copyToHost } from "#lib/copy/to-host.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { placeTree } from "#lib/place-tree.ts";
import { removeTree } from "#lib/remove-tree.ts";
import { pack } from "#lib/tar/pack.ts";
import { unpack } from "#lib/tar/unpack.ts";

const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY } = constants;

export async function copyIn({ agent }: BottlePaths, from: string, to: string): Promise<void> {
  const source = parseSource(from, process.cwd());
  const stats = await lstat(source.path).catch((cause: unknown) => {
    throw new BottleError("not-found", "there is no such file or folder", { where: from, cause });
  });
  const isFolder = stats.isDirectory();
  const destination = parseDestination(to, INSIDE.home);
  const there = await whatIs(agent.home, destination.path);
  const place = placeOf({ ...source, isFolder }, destination, there);
  const staging = join(agent.dir, `copy-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(staging, { mode: 0o700 });
    await stageIn(source, staging, place.name);
    const { uid, gid } = await lstat(agent.home);
    if (process.getuid?.() === 0) await giveTree(join(staging, place.name), uid, gid);
    const folder = await openBelow(agent.home, place.folder);
    try {
      await placeTree(join(staging, place.name), `/proc/self/fd/${folder.fd}`, place.name);
    } finally {
      await folder.close();
    }
  } finally {
    await removeTree(staging);
  }
}

export async function copyOut({ agent }: BottlePaths, from: string, to: string): Promise<CopiedOut> {
  const source = parseSource(from, INSIDE.home);
  const folder = await openBelow(agent.home, source.path === INSIDE.home ? source.path : `${source.path}/..`);
  try {
    const held = `/proc/self/fd/${folder.fd}`;
    const at = source.path === INSIDE.home ? `${held}/.` : `${held}/${source.name}`;
    await lstat(at).catch((cause: unknown) => {
      throw new BottleError("not-found", "there is no such file or folder in the bottle", { where: from, cause });
    });
    return await copyToHost(source, to, process.cwd(), async (staging) => ({
      leftOut: await unpack(pack(at, { as: source.name, uid: 0, gid: 0 }), staging),
    }));
  } finally {
    await folder.close();
  }
}

/** The operator's own links are copied wherever they lead: they mean something inside only. */
async function stageIn(source: Source, staging: string, name: string): Promise<void> {
  const { copyFolder, copyRegularFile } = await import("#lib/launch/copy-folder.ts");
  const stats = await lstat(source.path);
  const target = join(staging, name);
  if (stats.isDirectory()) {
    await copyFolder(source.path, target, { without: "", signal: new AbortController().signal });
  } else if (stats.isSymbolicLink()) {
    await symlink(await readlink(source.path), target);
  } else if (stats.isFile()) await copyRegularFile(source.path, target);
  else throw new BottleError("invalid", "is no file, folder or link", { where: source.path });
}

/** `path` is absolute inside the bottle. Throws `invalid` outside of the home, `not-found`, `refused` for a link on the way. */
async function openBelow(home: string, path: string): Promise<FileHandle> {
  const parts = below(path);
  let folder = await open(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  for (const part of parts) {
    const parent = folder;
    try {
      // oxlint-disable-next-line no-await-in-loop -- one inside the other
      folder = await open(`/proc/self/fd/${parent.fd}/${part}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch (cause) {
      if (isErrno(cause, "ENOENT"))
        throw new BottleError("not-found", "there is no such folder", { where: path, cause });
      throw new BottleError("refused", "is no folder, or a link on the way to it is not followed", {
        where: path,
        cause,
      });
    } finally {
      // oxlint-disable-next-line no-await-in-loop -- one inside the other
      await parent.close();
    }
  }
  return folder;
}

function below(path: string): string[] {
  const parts = join(path).split("/").slice(1);
  const home = INSIDE.home.split("/").slice(1);
  if (home.every((part, index) => parts[index] === part)) return parts.slice(home.length);
  throw new BottleError("invalid", `is not below ${INSIDE.home}, and nothing else of a local bottle can be reached`, {
    where: path,
  });
}

async function whatIs(home: string, path: string): Promise<"folder" | "other" | "nothing"> {
  if (below(path).length === 0) return "folder";
  const folder = await openBelow(home, join(path, ".."));
  try {
    const stats = await lstat(`/proc/self/fd/${folder.fd}/${path.split("/").at(-1)}`);
    return stats.isDirectory() ? "folder" : "other";
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "nothing";
    throw error;
  } finally {
    await folder.close();
  }
}

/** Nobody else reaches the staged tree: its paths stay what they are. */
async function giveTree(path: string, uid: number, gid: number): Promise<void> {
  const stats = await lstat(path);
  await lchown(path, uid, gid);
  if (!stats.isDirectory()) return;
  for (const name of await readdir(path)) {
    // oxlint-disable-next-line no-await-in-loop -- a tree may be large
    await giveTree(join(path, name), uid, gid);
  }
}
