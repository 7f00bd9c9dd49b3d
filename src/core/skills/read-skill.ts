// Reads the folder of one skill whole, or says why it cannot be had. The folder is hostile where a repository brings it.

import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";

import { plainLine } from "#domain/plain-text.ts";
import type { SkillFile } from "#domain/provider/skill.ts";
import { sizeText } from "#domain/size.ts";

import { DEEPEST, LONGEST_PATH, MOST_FILES, MOST_SKILL_BYTES } from "./limits.ts";
import { type ReadProblem, readWithin } from "./read-file.ts";

export type ReadSkill =
  | { readonly files: readonly SkillFile[]; readonly hardLinked: readonly string[] }
  | { readonly where: string; readonly problem: string; readonly hint: string };

interface Taken {
  readonly files: SkillFile[];
  readonly hardLinked: string[];
  bytes: number;
  entries: number;
}

/** `folder` is a real path. Without `.git`, which is its history and may hold its owner's tokens. */
export async function readSkill(folder: string): Promise<ReadSkill> {
  const taken: Taken = { files: [], hardLinked: [], bytes: 0, entries: 0 };
  try {
    await readInto(taken, folder, "", 0);
  } catch (error) {
    if (error instanceof Unfit) return { where: plainLine(join(folder, error.path)), ...error.why };
    throw error;
  }
  if (!taken.files.some(({ path }) => path === "SKILL.md")) {
    return {
      where: folder,
      problem: "has no SKILL.md",
      hint: "a skill is a folder with that file: what it is for, and how",
    };
  }
  return taken;
}

class Unfit extends Error {
  readonly path: string;
  readonly why: { readonly problem: string; readonly hint: string };
  constructor(path: string, problem: string, hint: string) {
    super(problem);
    this.path = path;
    this.why = { problem, hint };
  }
}

async function readInto(taken: Taken, folder: string, below: string, depth: number): Promise<void> {
  if (depth > DEEPEST)
    throw new Unfit(below, `is deeper than ${DEEPEST} folders`, "keep a skill's files close to its top");
  for (const entry of await entriesOf(folder, below)) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    taken.entries += 1;
    if (taken.entries > MOST_FILES) {
      throw new Unfit("", `has more than ${MOST_FILES} files`, "leave out what the agent does not need to read");
    }
    checkName(entry.name, path);
    // oxlint-disable-next-line no-await-in-loop -- in their order, and one open file at a time
    await (entry.isDirectory() ? readInto(taken, folder, path, depth + 1) : readOne(taken, folder, path, entry));
  }
}

async function entriesOf(folder: string, below: string): Promise<Dirent[]> {
  const path = join(folder, below);
  const entries = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
    throw new Unfit(below, "cannot be read", cause instanceof Error ? plainLine(cause.message) : "look at its rights");
  });
  // A link that took the folder's place would have shown the names of another.
  const real = await realpath(path).catch(() => undefined);
  if (real !== path) throw unfit(below, "changed");
  return entries.filter(({ name }) => name !== ".git").toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function readOne(taken: Taken, folder: string, path: string, entry: Dirent): Promise<void> {
  const full = join(folder, path);
  if (!entry.isFile() && !entry.isSymbolicLink()) throw unfit(path, "no file");
  // Not even opened: to open a device may do something.
  if (entry.isSymbolicLink() && (await stat(full).catch(() => undefined))?.isFile() === false)
    throw unfit(path, "no file");
  const read = await readWithin(folder, full, MOST_SKILL_BYTES - taken.bytes);
  if ("problem" in read) throw unfit(path, read.problem);
  taken.bytes += read.content.byteLength;
  if (read.isHardLinked) taken.hardLinked.push(path);
  taken.files.push({ path, content: read.content, isExecutable: read.isExecutable });
}

const IN_ITS_PLACE = "put the file itself in its place, or remove it";

const WORDS: Readonly<Record<ReadProblem, readonly [problem: string, hint: string]>> = {
  "leads out": ["is a link that leads out of the skill", IN_ITS_PLACE],
  "leads nowhere": ["is a link that leads nowhere", IN_ITS_PLACE],
  "leads to itself": ["is a link that leads to itself", IN_ITS_PLACE],
  denied: ["cannot be read: you may not", "change its rights, or remove it"],
  changed: ["was changed while it was read", "start again when nothing writes there"],
  "no file": ["is no file: pipes, sockets, devices and links to folders are not copied", "remove it"],
  "too large": [`makes the skill larger than ${sizeText(MOST_SKILL_BYTES)}`, "leave out what the agent need not read"],
};

function unfit(path: string, problem: ReadProblem): Unfit {
  return new Unfit(path, ...WORDS[problem]);
}

/** A name that shows as another, or that another system reads as a path. */
function checkName(name: string, path: string): void {
  if (name !== plainLine(name) || name.includes("\ufffd") || name.includes("\\")) {
    throw new Unfit(path, "has a name with control characters, backslashes or broken text", "rename it");
  }
  if (Buffer.byteLength(path) > LONGEST_PATH)
    throw new Unfit(path, `has a path longer than ${LONGEST_PATH} bytes`, "shorten it");
}
