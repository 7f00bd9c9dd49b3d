// Reads the operator's `config.yml`.

import { access } from "node:fs/promises";

import { type Config, DEFAULT_CONFIG, parseConfig } from "#domain/config/config.ts";
import type { Problem } from "#domain/problem/problem.ts";
import { rootPaths } from "#lib/paths.ts";

import { readDefinition } from "./read-folder.ts";

/** A missing file is all defaults; a malformed one too, with `problems` saying what is wrong. Never throws. */
export async function loadConfig(root: string): Promise<{ config: Config; problems: readonly Problem[] }> {
  const path = rootPaths(root).config;
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return { config: DEFAULT_CONFIG, problems: [] };
  const content = await readDefinition(path, true);
  if ("problem" in content)
    return { config: DEFAULT_CONFIG, problems: [{ severity: "error", path, message: content.problem }] };
  const parsed = parseConfig(content.text, path);
  return parsed.ok
    ? { config: parsed.value, problems: parsed.warnings }
    : { config: DEFAULT_CONFIG, problems: parsed.problems };
}
