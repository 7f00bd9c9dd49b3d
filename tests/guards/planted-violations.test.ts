import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { violations } from "./guard.ts";
import { plantedTree, type PlantedTree } from "./planted-tree.ts";

const bin = join(import.meta.dirname, "..", "..", "node_modules", ".bin");

let tree: PlantedTree;
beforeEach(() => {
  tree = plantedTree();
});
afterEach(() => tree.remove());

/** Each kind of wrong import, one a folder of the table at least. */
const forbidden: readonly (readonly [file: string, specifier: string])[] = [
  ["src/domain/planted.ts", "#lib/thing.ts"],
  ["src/domain/planted.ts", "#contracts/thing.ts"],
  ["src/domain/planted.ts", "../lib/thing.ts"],
  ["src/domain/planted.ts", "node:fs"],
  ["src/domain/deep/planted.ts", "../../core/thing.ts"],
  ["src/domain/planted.ts", "execa"],
  ["src/contracts/planted.ts", "#lib/thing.ts"],
  ["src/contracts/planted.ts", "node:net"],
  ["src/lib/planted.ts", "#core/thing.ts"],
  ["src/lib/planted.ts", "#contracts/thing.ts"],
  ["src/core/planted.ts", "#modes/tui/thing.ts"],
  ["src/core/planted.ts", "#components/thing.ts"],
  ["src/core/planted.ts", "#backends/local/thing.ts"],
  ["src/core/planted.ts", "#sidecars/egress/thing.ts"],
  ["src/core/planted.ts", "../cli/thing.ts"],
  ["src/modes/json/planted.ts", "#components/thing.ts"],
  ["src/modes/tui/planted.ts", "#backends/local/thing.ts"],
  ["src/modes/tui/planted.ts", "#cli/thing.ts"],
  ["src/cli/planted.ts", "#components/thing.ts"],
  ["src/cli/planted.ts", "#backends/local/thing.ts"],
  ["src/cli/planted.ts", "#tests/helpers/thing.ts"],
  ["components/planted.ts", "#core/thing.ts"],
  ["components/planted.ts", "#lib/thing.ts"],
  ["components/planted.ts", "node:child_process"],
  ["backends/local/planted.ts", "#core/thing.ts"],
  ["backends/local/planted.ts", "#backends/docker/thing.ts"],
  ["backends/local/planted.ts", "../docker/thing.ts"],
  ["backends/local/deep/planted.ts", "../../docker/thing.ts"],
  ["sidecars/egress/planted.ts", "#core/thing.ts"],
  ["sidecars/egress/planted.ts", "#sidecars/init/thing.ts"],
  ["sidecars/egress/planted.ts", "../init/thing.ts"],
  ["fixtures/demo/planted.ts", "#core/thing.ts"],
];

const allowed: readonly (readonly [file: string, specifier: string])[] = [
  ["src/lib/planted.ts", "#domain/thing.ts"],
  ["src/core/planted.ts", "#lib/thing.ts"],
  ["src/modes/tui/planted.ts", "#components/thing.ts"],
  ["src/cli/main.ts", "#backends/local/thing.ts"],
  ["src/cli/main.ts", "#components/thing.ts"],
  ["backends/registry.ts", "./local/thing.ts"],
  ["backends/local/planted.ts", "node:child_process"],
  ["backends/local/deep/planted.ts", "../thing.ts"],
  ["sidecars/egress/deep/planted.ts", "../thing.ts"],
];

describe("the guard that walks the real imports", () => {
  test("has nothing to say of a clean tree", () => {
    expect(violations(tree.root)).toEqual([]);
  });

  test.each(forbidden)("bites when %s imports %s", (file, specifier) => {
    tree.plant(file, `import * as planted from ${JSON.stringify(specifier)};\nexport const use = planted;\n`);
    expect(violations(tree.root)).toEqual([expect.stringMatching(new RegExp(`^${file}:1: `))]);
  });

  test.each(allowed)("lets %s import %s", (file, specifier) => {
    tree.plant(file, `import * as planted from ${JSON.stringify(specifier)};\nexport const use = planted;\n`);
    expect(violations(tree.root)).toEqual([]);
  });

  test.each([
    ["a type", 'import type { Thing } from "#contracts/thing.ts";\nexport type Use = Thing;\n'],
    ["a type in place", 'export type Use = import("#contracts/thing.ts").Thing;\n'],
    ["a lazy import", 'export const use = () => import("#lib/thing.ts");\n'],
    ["a re-export", 'export * from "#lib/thing.ts";\n'],
    ["a named re-export", 'export { thing } from "#lib/thing.ts";\n'],
  ])("sees %s as well", (_, text) => {
    tree.plant("src/domain/planted.ts", text);
    expect(violations(tree.root)).toHaveLength(1);
  });

  test("refuses the named z of zod, and takes the namespace", () => {
    tree.plant("src/domain/planted.ts", 'import { z } from "zod";\nexport const use = z;\n');
    tree.plant("src/domain/sown.ts", 'import * as z from "zod";\nexport const use = z;\n');
    expect(violations(tree.root)).toEqual(["src/domain/planted.ts:1: the named z of zod: import * as z"]);
  });

  test("wants a reason for every suppression", () => {
    tree.plant("src/core/planted.ts", "// oxlint-disable-next-line no-console\nconsole.log(1);\n");
    tree.plant("src/lib/planted.ts", "// @ts-expect-error\nexport const x: number = '';\n");
    expect(violations(tree.root)).toEqual([
      "src/core/planted.ts:1: a suppression without its reason",
      "src/lib/planted.ts:1: a suppression without its reason",
    ]);
  });

  test("takes a suppression with its reason", () => {
    tree.plant(
      "src/core/planted.ts",
      "// oxlint-disable-next-line no-console -- the last words of a crash\nconsole.log(1);\n",
    );
    tree.plant(
      "src/lib/planted.ts",
      "// @ts-expect-error the library's types lag behind\nexport const x: number = '';\n",
    );
    expect(violations(tree.root)).toEqual([]);
  });
});

describe("oxlint", () => {
  test("has nothing to say of a clean tree", () => {
    expect(lint(tree.root)).toEqual([]);
  });

  test("bites at every wrong import", () => {
    const planted = forbidden.map(([file, specifier], index) => {
      const path = file.replace("planted", `planted-${index}`);
      tree.plant(path, `import * as planted from ${JSON.stringify(specifier)};\nexport const use = planted;\n`);
      return path;
    });
    const bitten = lint(tree.root).filter(({ code }) => code === "eslint(no-restricted-imports)");
    expect(bitten.map(({ filename }) => filename).sort()).toEqual(planted.sort());
  });

  test("lets the right imports pass", () => {
    for (const [index, [file, specifier]] of allowed.entries()) {
      const path = file.replace("planted", `planted-${index}`);
      tree.plant(path, `import * as planted from ${JSON.stringify(specifier)};\nexport const use = planted;\n`);
    }
    expect(lint(tree.root)).toEqual([]);
  });

  test.each([
    [
      "a cycle",
      "import(no-cycle)",
      {
        "src/core/one.ts": 'import { two } from "#core/two.ts";\nexport const one = (): number => two();\n',
        "src/core/two.ts": 'import { one } from "./one.ts";\nexport const two = (): number => one();\n',
      },
    ],
    ["any", "typescript-eslint(no-explicit-any)", { "src/core/one.ts": "export const one: any = 1;\n" }],
    ["a default export", "import(no-default-export)", { "src/core/one.ts": "export default 1;\n" }],
    [
      "a promise that nobody waits for",
      "typescript-eslint(no-floating-promises)",
      {
        "src/core/one.ts": "async function work(): Promise<void> {}\nexport function go(): void {\n  work();\n}\n",
      },
    ],
    [
      "a switch that forgets a case",
      "typescript-eslint(switch-exhaustiveness-check)",
      {
        "src/core/one.ts":
          'export function go(x: "a" | "b"): number {\n  switch (x) {\n    case "a":\n      return 1;\n  }\n  return 2;\n}\n',
      },
    ],
  ])("bites at %s", (_, code, files) => {
    for (const [path, text] of Object.entries(files)) tree.plant(path, text);
    expect(
      lint(tree.root, "--type-aware").map((finding) => finding.code.replace("typescript(", "typescript-eslint(")),
    ).toContain(code);
  });
});

describe("the compiler", () => {
  test("refuses I/O in the domain", () => {
    tree.plant(
      "src/domain/planted.ts",
      'import { readFileSync } from "node:fs";\nexport const read = readFileSync;\nexport const env = process.env;\n',
    );
    const { status, stdout } = spawnSync(join(bin, "tsc"), ["-p", "src/domain"], { cwd: tree.root, encoding: "utf8" });
    expect(stdout).toContain("node:fs");
    expect(stdout).toContain("process");
    expect(status).not.toBe(0);
  });
});

interface Finding {
  readonly code: string;
  readonly filename: string;
}

function lint(root: string, ...flags: string[]): Finding[] {
  const { stdout, stderr } = spawnSync(join(bin, "oxlint"), ["--format", "json", ...flags], {
    cwd: root,
    encoding: "utf8",
  });
  if (!stdout.startsWith("{")) throw new Error(`oxlint said: ${stdout}${stderr}`);
  return (JSON.parse(stdout) as { diagnostics: Finding[] }).diagnostics;
}
