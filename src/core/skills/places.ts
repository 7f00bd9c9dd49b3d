// Where skills are looked for: who wrote the agent's definition decides, and the first place that has the name.

import { lstat, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";

import type { Origin } from "#domain/definition/definitions.ts";
import { rootPaths } from "#lib/paths.ts";

export interface SkillSources {
  readonly root: string;
  /** The working directory: a repository's skills are below it. */
  readonly cwd: string;
  /** The operator's home folder. */
  readonly home: string | undefined;
}

export interface Place {
  readonly folder: string;
  /** The operator's own, where a link is as good as a folder; a repository's is hostile. */
  readonly trusted: boolean;
  readonly words: string;
}

export const SKILL_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** A repository's agent never gets what the operator keeps for Claude at home: its text could ask for it by name. */
export function placesOf(from: Origin, { root, cwd, home }: SkillSources): Place[] {
  const ofRoot: Place = { folder: rootPaths(root).skills, trusted: true, words: "your root" };
  if (from === "repository") {
    return [{ folder: join(cwd, ".bot-bottle", "skills"), trusted: false, words: "the repository" }, ofRoot];
  }
  const ofHome = home === undefined ? [] : [join(home, ".claude", "skills")];
  return [ofRoot, ...ofHome.map((folder) => ({ folder, trusted: true, words: "~/.claude/skills" }))];
}

/** The real folder of a skill; undefined where the place has none of that name. A repository's must be reached without a link. */
export async function folderIn({ folder, trusted }: Place, name: string): Promise<string | undefined> {
  const path = join(folder, name);
  if ((await lstat(path).catch(() => undefined)) === undefined) return undefined;
  const real = await realpath(path).catch(() => undefined);
  if (trusted) return real;
  // The working directory itself may be a link; what is below it belongs to the repository.
  const above = await realpath(join(folder, "..", ".."));
  const straight = join(above, ".bot-bottle", "skills", name);
  return real === straight ? real : undefined;
}

/** Whether something of the name is there that `folderIn` does not take. */
export async function isLinked({ folder }: Place, name: string): Promise<boolean> {
  return (await lstat(join(folder, name)).catch(() => undefined)) !== undefined;
}

/** Names of folders that look like skills; sorted, each once. */
export async function namesIn(places: readonly Place[]): Promise<string[]> {
  const names = new Set<string>();
  for (const place of places) {
    // oxlint-disable-next-line no-await-in-loop -- two places
    for (const name of await readdir(place.folder).catch(() => [])) {
      // oxlint-disable-next-line no-await-in-loop -- a few folders
      if (SKILL_NAME.test(name) && (await hasSkillFile(place, name))) names.add(name);
    }
  }
  return [...names].toSorted();
}

async function hasSkillFile(place: Place, name: string): Promise<boolean> {
  const folder = await folderIn(place, name);
  return folder !== undefined && (await lstat(join(folder, "SKILL.md")).catch(() => undefined)) !== undefined;
}
