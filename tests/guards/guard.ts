// The house guard: `node tests/guards/guard.ts [folder]` walks the real imports and the suppressions, and exits 1 on a violation.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { brokenRule } from "./check-import.ts";
import { unexplainedSuppressions } from "./check-suppressions.ts";
import { readImports } from "./read-imports.ts";

const sources = ["src", "components", "backends", "sidecars", "fixtures", "tests", "bench", ".config"];

/** One line for each violation: `path:line: what`. */
export function violations(root: string): string[] {
  const files = sources.flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root })).sort();
  return files.flatMap((file) => violationsOf(file, readFileSync(join(root, file), "utf8")));
}

function violationsOf(file: string, text: string): string[] {
  const imports = readImports(file, text).flatMap(({ specifier, line, names }) => {
    const rule = brokenRule(file, specifier) ?? heavyImport(specifier, names);
    return rule === undefined ? [] : [`${file}:${line}: ${rule}`];
  });
  // The guard's own tests plant suppressions.
  const unexplained = file.startsWith("tests/guards/") ? [] : unexplainedSuppressions(text);
  return [...imports, ...unexplained.map((line) => `${file}:${line}: a suppression without its reason`)];
}

/** A named z brings every locale of zod into the bundle: 360 KB and 11 ms of each start. */
function heavyImport(specifier: string, names: readonly string[]): string | undefined {
  return specifier === "zod" && names.includes("z") ? "the named z of zod: import * as z" : undefined;
}

if (import.meta.main) {
  const found = violations(process.argv[2] ?? join(import.meta.dirname, "..", ".."));
  for (const violation of found) console.error(violation);
  if (found.length > 0) process.exitCode = 1;
}
