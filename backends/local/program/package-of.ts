// What a program's package calls itself, for the preflight.

import { existsSync } from "node:fs";
import { dirname } from "node:path";

import { plainLine } from "#domain/plain-text.ts";
import { readBounded } from "#lib/read-bounded.ts";

/** A few folders up at most: an executable stands in its package's `bin` or `dist`. */
const MOST_UP = 4;

/** `@openai/codex 0.169.0`; undefined where `file` is in no package. Never looks above `shown`. */
export function packageOf(file: string, shown: string): string | undefined {
  let folder = dirname(file);
  for (let up = 0; up < MOST_UP && folder !== "/"; up += 1, folder = dirname(folder)) {
    if (folder === shown) return undefined;
    const path = `${folder}/package.json`;
    if (existsSync(path)) return nameIn(path);
  }
  return undefined;
}

function nameIn(path: string): string | undefined {
  try {
    const found: unknown = JSON.parse(readBounded(path) ?? "");
    if (typeof found !== "object" || found === null || !("name" in found) || !("version" in found)) return undefined;
    return plainLine(`${String(found.name)} ${String(found.version)}`);
  } catch {
    return undefined; // it is told only
  }
}
