// Unpacks an archive that somebody hostile may have made into a new folder: nothing outside of it is touched.

import { chmod, link, mkdir, open, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";

import { readTar, type ReadEntry } from "./read.ts";

export interface LeftOut {
  /** As the archive has it. */
  readonly path: string;
  readonly why: string;
}

export interface UnpackLimits {
  readonly bytes: number;
  readonly entries: number;
}

const LIMITS: UnpackLimits = { bytes: 64 * 1024 ** 3, entries: 2_000_000 };
/** More are not named. */
const LEFT_OUT_LIMIT = 1000;

/**
 * `to` must be a new folder that nobody else writes to. Links are made last, so that nothing is ever written through one,
 * and only such as stay inside, also together with others. What is no file, folder or link is left out.
 */
export async function unpack(
  source: AsyncIterable<Buffer>,
  to: string,
  limits: UnpackLimits = LIMITS,
): Promise<readonly LeftOut[]> {
  const leftOut: LeftOut[] = [];
  const links: { readonly parts: readonly string[]; readonly target: string }[] = [];
  const modes: { readonly path: string; readonly mode: number }[] = [];
  let bytes = 0;
  let entries = 0;
  const leave = (path: string, why: string): void => {
    if (leftOut.length < LEFT_OUT_LIMIT) leftOut.push({ path, why });
  };
  for await (const entry of readTar(source)) {
    entries += 1;
    bytes += entry.size;
    if (entries > limits.entries || bytes > limits.bytes) {
      throw new Error(`the archive is too large: more than ${limits.bytes} bytes or ${limits.entries} entries`);
    }
    const parts = partsOf(entry.path);
    if (parts === undefined) leave(entry.path, "its name leads out of the folder");
    else if (entry.kind === "link") links.push({ parts, target: entry.target });
    else if (entry.kind === "folder") {
      await makeFolder(to, parts).then(
        () => modes.push({ path: join(to, ...parts), mode: entry.mode }),
        (error: unknown) => leaveOr(error, () => leave(entry.path, said(error))),
      );
    } else if (entry.kind === "other") leave(entry.path, "it is no file, folder or link");
    else if (parts.length === 0) leave(entry.path, "it has no name");
    else
      await makeFile(to, parts, entry).catch((error: unknown) => leaveOr(error, () => leave(entry.path, said(error))));
  }
  for (const { parts, target } of links) {
    if (!staysInside(parts, target)) leave(parts.join("/"), `it is a link that leads out of the folder`);
    else await makeLink(to, parts, target).catch((error: unknown) => leave(parts.join("/"), said(error)));
  }
  // Its owner must be able to move and to remove it.
  for (const { path, mode } of modes.toReversed()) await chmod(path, mode | 0o700);
  return leftOut;
}

/** Undefined for a path that leads elsewhere. */
export function partsOf(path: string): string[] | undefined {
  if (path.startsWith("/") || path.includes("\0")) return undefined;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? undefined : parts;
}

/**
 * Whether a link at `parts` can lead nowhere but inside. Steps upwards only at the beginning, where they lead through real
 * folders: behind another link they would lead up from where that one leads.
 */
export function staysInside(parts: readonly string[], target: string): boolean {
  if (target === "" || target.startsWith("/") || target.includes("\0") || parts.length === 0) return false;
  const steps = target.split("/").filter((step) => step !== "" && step !== ".");
  const up = steps.findIndex((step) => step !== "..");
  const count = up === -1 ? steps.length : up;
  return count < parts.length && !steps.slice(count).includes("..");
}

async function makeFolder(to: string, parts: readonly string[]): Promise<void> {
  await mkdir(join(to, ...parts), { recursive: true, mode: 0o700 });
}

async function makeFile(to: string, parts: readonly string[], entry: ReadEntry): Promise<void> {
  const path = join(to, ...parts);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (entry.kind === "hard-link") {
    const target = partsOf(entry.target);
    if (target === undefined) throw new Error("it leads out of the folder");
    return link(join(to, ...target), path);
  }
  const file = await open(path, "wx", 0o600);
  try {
    for await (const piece of entry.content) await file.writeFile(piece);
    await file.chmod(entry.mode);
  } finally {
    await file.close();
  }
}

async function makeLink(to: string, parts: readonly string[], target: string): Promise<void> {
  const path = join(to, ...parts);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await symlink(target, path);
}

/** What is wrong with one entry costs that entry; a full disk or a damaged archive costs all. */
function leaveOr(error: unknown, leave: () => void): void {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code !== "string" || !ENTRY_ERRORS.has(code)) {
    if (said(error) !== "it leads out of the folder") throw error;
  }
  leave();
}

const ENTRY_ERRORS = new Set(["EEXIST", "ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "EPERM", "EINVAL"]);

function said(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split(", ")[0] ?? text;
}
