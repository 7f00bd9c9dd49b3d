// A build's context: the folder of the operator's Dockerfile, without what its .dockerignore names and without anything that
// this program keeps of bottles. Links are sent as links, never followed; what is neither file, folder nor link stays out.

import { constants } from "node:fs";
import { open, readdir, readFile, readlink, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { createHash } from "node:crypto";

import dockerignore from "@balena/dockerignore";

import { BottleError } from "#domain/bottle-error.ts";
import { isErrno } from "#lib/atomic-file.ts";
import { sha256 } from "#lib/hash.ts";
import { rootPaths } from "#lib/paths.ts";

import { DOCKERFILE_LIMIT } from "./dockerfile.ts";
import type { TarEntry } from "./tar.ts";

export interface BuildContext {
  readonly dockerfile: string;
  readonly entries: readonly TarEntry[];
  /** Of names, modes and contents. */
  readonly digest: string;
}

export interface ContextLimits {
  readonly files: number;
  /** Bytes. */
  readonly size: number;
}

/** A Dockerfile that lies in somebody's home folder must not send all of it. */
const LIMITS: ContextLimits = { files: 100_000, size: 1_073_741_824 };

/** Throws `invalid` where the file cannot be read or its folder is too large. */
export async function readContext(path: string, root: string, limits: ContextLimits = LIMITS): Promise<BuildContext> {
  const dockerfile = await readDockerfile(path);
  const folder = dirname(path);
  const { state, queue, audit, logs } = rootPaths(root);
  const ignored = await readIgnored(folder);
  const walk: Walk = { folder, ignored, ours: new Set([state, queue, audit, logs]), limits, entries: [], size: 0 };
  await walkFolder(walk, "");
  return { dockerfile, entries: walk.entries, digest: await digestOf(walk.entries) };
}

/** An approved proposal is kept in the bottle's state, and built without a context, as it was shown. */
export function isProposed(path: string, root: string): boolean {
  return path.startsWith(`${rootPaths(root).state}${sep}`);
}

export async function readDockerfile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= DOCKERFILE_LIMIT) return await readFile(path, "utf8");
  } catch (cause) {
    const what = isErrno(cause, "ENOENT") ? "is not there" : `cannot be read (${String(cause)})`;
    throw new BottleError("invalid", what, { where: path, hint: "see `dockerfile` in the bottle's definition", cause });
  }
  throw new BottleError("invalid", "is too large for a Dockerfile", { where: path });
}

interface Ignored {
  has(path: string): boolean;
  /** Something below an ignored folder may be wanted all the same (`!keep/this`). */
  readonly hasExceptions: boolean;
}

async function readIgnored(folder: string): Promise<Ignored> {
  const path = join(folder, ".dockerignore");
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    if (isErrno(cause, "ENOENT")) return "";
    throw new BottleError("invalid", `cannot be read (${String(cause)})`, { where: path, cause });
  });
  const rules = dockerignore.default({ ignorecase: false }).add(text);
  return { has: (name) => rules.ignores(name), hasExceptions: /^\s*!/m.test(text) };
}

interface Walk {
  readonly folder: string;
  readonly ignored: Ignored;
  readonly ours: ReadonlySet<string>;
  readonly limits: ContextLimits;
  readonly entries: TarEntry[];
  size: number;
}

/** In the order of their names, so that the same folder is the same context. */
async function walkFolder(walk: Walk, below: string): Promise<void> {
  const found = await readdir(join(walk.folder, below), { withFileTypes: true }).catch((cause: unknown) => {
    throw unreadable(join(walk.folder, below), cause);
  });
  for (const item of found.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === "" ? item.name : `${below}/${item.name}`;
    const absolute = join(walk.folder, path);
    if (walk.ours.has(absolute)) continue;
    const isIgnored = walk.ignored.has(path);
    if (item.isDirectory()) {
      if (!isIgnored) add(walk, { type: "folder", path, mode: 0o755 });
      if (!isIgnored || walk.ignored.hasExceptions) await walkFolder(walk, path);
    } else if (!isIgnored && item.isSymbolicLink()) {
      add(walk, { type: "link", path, target: await readlink(absolute) });
    } else if (!isIgnored && item.isFile()) {
      add(walk, await fileEntry(path, absolute));
    }
  }
}

function add(walk: Walk, entry: TarEntry): void {
  walk.entries.push(entry);
  walk.size += entry.type === "file" ? entry.size : 0;
  const { files, size } = walk.limits;
  if (walk.entries.length <= files && walk.size <= size) return;
  throw new BottleError(
    "invalid",
    `has more than ${files} files or ${Math.round(size / 1_048_576)} MiB, and all of it would be sent to the daemon`,
    {
      where: walk.folder,
      hint: "put the Dockerfile into a folder of its own, or name in .dockerignore what the build does not need",
    },
  );
}

async function fileEntry(path: string, absolute: string): Promise<TarEntry> {
  const file = await openFile(absolute);
  try {
    const { size, mode } = await file.stat();
    return { type: "file", path, mode: mode & 0o100 ? 0o755 : 0o644, size, content: () => contentOf(absolute) };
  } finally {
    await file.close();
  }
}

async function* contentOf(absolute: string): AsyncGenerator<Uint8Array> {
  const file = await openFile(absolute);
  try {
    for await (const chunk of file.createReadStream({ autoClose: false })) yield chunk as Buffer;
  } finally {
    await file.close();
  }
}

/** Never what a link leads to, and never waiting for somebody at the other end of a pipe. */
async function openFile(absolute: string) {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(absolute, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((cause: unknown) => {
    throw unreadable(absolute, cause);
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw unreadable(absolute, new Error("it is no file any more"));
}

function unreadable(where: string, cause: unknown): BottleError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BottleError("invalid", `cannot be read for the build (${why})`, {
    where,
    hint: "name it in .dockerignore, or make it readable",
    cause,
  });
}

async function digestOf(entries: readonly TarEntry[]): Promise<string> {
  const lines: string[] = [];
  for (const entry of entries) {
    switch (entry.type) {
      case "file":
        lines.push(JSON.stringify([entry.path, entry.mode, await contentDigest(entry.content)]));
        break;
      case "folder":
        lines.push(JSON.stringify([entry.path]));
        break;
      case "link":
        lines.push(JSON.stringify([entry.path, entry.target]));
        break;
    }
  }
  return sha256(lines.join("\n"));
}

async function contentDigest(content: Extract<TarEntry, { type: "file" }>["content"]): Promise<string> {
  if (typeof content !== "function") return sha256(content);
  const hash = createHash("sha256");
  for await (const chunk of content()) hash.update(chunk);
  return hash.digest("hex");
}
