// Copies a folder that somebody may change meanwhile: everything is opened once, without following a link in its place,
// and read from what was opened.

import { constants, copyFile, mkdir, open, readdir, readlink, symlink, chmod } from "node:fs/promises";
import { join } from "node:path";

import { demandGoOn } from "./steps.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY, COPYFILE_FICLONE } = constants;

export interface CopyOptions {
  /** An absolute path that stays out. */
  readonly without: string;
  readonly signal: AbortSignal;
}

/** Links stay links, wherever they lead; sockets, pipes and devices stay out. `to` must not exist. */
export function copyFolder(from: string, to: string, options: CopyOptions): Promise<void> {
  return copyHeld(from, from, to, options);
}

/** `at` leads to the same as `from`, through the descriptor of its parent. */
async function copyHeld(from: string, at: string, to: string, options: CopyOptions): Promise<void> {
  const folder = await open(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(naming(from));
  try {
    const held = `/proc/self/fd/${folder.fd}`;
    const { mode } = await folder.stat();
    await mkdir(to, { mode: 0o700 });
    for (const entry of await readdir(held, { withFileTypes: true })) {
      demandGoOn(options.signal);
      const [source, here, target] = [from, held, to].map((parent) => join(parent, entry.name)) as [
        string,
        string,
        string,
      ];
      if (source === options.without) continue;
      if (entry.isDirectory()) await copyHeld(source, here, target, options);
      else if (entry.isSymbolicLink()) await symlink(await readlink(here).catch(naming(source)), target);
      else if (entry.isFile()) await copyRegularFile(here, target).catch(naming(source));
    }
    await chmod(to, mode & 0o777);
  } finally {
    await folder.close();
  }
}

/** Rejects when `from` is a link or no regular file, also when it became one just now. */
export async function copyRegularFile(from: string, to: string): Promise<void> {
  const file = await open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error("is no regular file any more");
    await copyFile(`/proc/self/fd/${file.fd}`, to, COPYFILE_FICLONE);
  } finally {
    await file.close();
  }
}

/** An error's own path would be one of ours below /proc. */
function naming(path: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message.split(", ")[0] : String(cause);
    throw new Error(`${path}: ${reason}`, { cause });
  };
}
