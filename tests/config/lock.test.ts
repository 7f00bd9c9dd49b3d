import { readFile } from "node:fs/promises";

import { describe, expect, test } from "vitest";

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe.each(["package-lock.json", "fixtures/agents/package-lock.json"])("%s", async (path) => {
  const { packages } = JSON.parse(await readFile(path, "utf8")) as { packages: Record<string, LockedPackage> };

  test("names no registry", () => {
    expect(Object.keys(packages).filter((name) => packages[name]?.resolved !== undefined)).toEqual([]);
  });

  test("is whole: an install that left out another machine's binaries makes npm ci fail everywhere", () => {
    const locked = new Set(
      Object.keys(packages).map((name) => name.slice(name.lastIndexOf("node_modules/") + "node_modules/".length)),
    );
    const wanted = Object.values(packages).flatMap((one) => Object.keys(one.optionalDependencies ?? {}));
    expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
  });
});

test("the agents are pinned: tests prove what these versions do", async () => {
  const { dependencies } = JSON.parse(await readFile("fixtures/agents/package.json", "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});
