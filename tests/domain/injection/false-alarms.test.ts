import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { createInjectionScanner } from "#domain/injection/create-scanner.ts";

// What agents read all day: documentation, metadata, types and code of this project's own dependencies, and its own pages.
const root = fileURLToPath(new URL("../../../", import.meta.url));
const installed = join(root, "node_modules");
const LARGEST = 2_000_000;
const scanner = createInjectionScanner();

const kinds: readonly (readonly [kind: string, fits: (name: string) => boolean, atLeast: number])[] = [
  ["documentation", (name) => /\.md$/i.test(name), 100],
  ["metadata of packages", (name) => name === "package.json", 100],
  ["types", (name) => /\.d\.[mc]?ts$/.test(name), 300],
  ["code, minified too", (name) => /\.[mc]?js$/.test(name), 300],
  ["licences", (name) => /^licen[cs]e/i.test(name), 50],
  ["source maps", (name) => name.endsWith(".map"), 10],
];

describe("no injection is found in", () => {
  const all = readdirSync(installed, { recursive: true, encoding: "utf8" });

  it.each(kinds)("%s of installed packages", (_kind, fits, atLeast) => {
    const files = all.filter((name) => fits(basename(name))).slice(0, 3000);
    const found: string[] = [];
    let looked = 0;
    for (const name of files) {
      const info = statSync(join(installed, name), { throwIfNoEntry: false });
      if (info?.isFile() !== true || info.size > LARGEST) continue;
      looked += 1;
      const { matches, exhausted } = scanner.scan(readFileSync(join(installed, name)));
      found.push(...matches.map(({ rule }) => `${rule} in ${name}`), ...(exhausted ? [`given up in ${name}`] : []));
    }
    expect(found).toEqual([]);
    expect(looked).toBeGreaterThan(atLeast);
  });

  it("the pages of this project", () => {
    const pages = ["README.md", "CHANGELOG.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];
    for (const page of pages.filter((name) => name.endsWith(".md"))) {
      expect({ page, matches: scanner.scan(readFileSync(join(root, page))).matches }).toEqual({ page, matches: [] });
    }
  });
});
