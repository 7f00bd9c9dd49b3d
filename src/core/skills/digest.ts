// The digest of what a bottle was made from: its definitions, and what stands in its skills.

import { canonicalJson } from "#domain/json.ts";
import type { Skill } from "#domain/provider/skill.ts";
import { sha256 } from "#lib/hash.ts";

/** `sha256:…`; without skills that of the definitions alone. `definitions` is canonical text. */
export function digestWithSkills(definitions: string, skills: readonly Skill[]): string {
  if (skills.length === 0) return `sha256:${sha256(definitions)}`;
  const contents = skills.map(({ name, files }) => ({
    name,
    files: files.map(({ path, content, isExecutable }) => ({ path, isExecutable, sha256: sha256(content) })),
  }));
  return `sha256:${sha256(canonicalJson({ definitions, skills: contents }))}`;
}
