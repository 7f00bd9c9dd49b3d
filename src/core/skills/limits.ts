// How much of skills a bottle is given: they travel in one order with everything else that it starts with.

import type { SkillFile } from "#domain/provider/skill.ts";
import { sizeText } from "#domain/size.ts";

export const MOST_SKILLS = 50;
export const MOST_FILES = 500;
/** Of one skill, and of all of a bottle: the order that carries them takes 16 MiB, and they grow by a third in it. */
export const MOST_SKILL_BYTES = 2 * 1_048_576;
export const MOST_BYTES = 8 * 1_048_576;
export const DEEPEST = 16;
export const LONGEST_PATH = 512;

export function sizeOf(files: readonly SkillFile[]): number {
  return files.reduce((sum, { content }) => sum + content.byteLength, 0);
}

/** `3 files, 12KiB`. */
export function sizeWords(files: readonly SkillFile[]): string {
  return `${files.length} ${files.length === 1 ? "file" : "files"}, ${sizeText(sizeOf(files))}`;
}
