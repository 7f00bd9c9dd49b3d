// A small copy of the house in a temporary folder, with the repository's real configuration, to plant violations in.

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const repository = join(import.meta.dirname, "..", "..");

/** Modules that the planted imports name: an import that resolves proves more than one that does not. */
const neighbours: Readonly<Record<string, string>> = {
  "src/domain/thing.ts": "export const thing = 1;\n",
  "src/contracts/thing.ts": "export interface Thing {\n  readonly name: string;\n}\n",
  "src/lib/thing.ts": "export const thing = 1;\n",
  "src/core/thing.ts": "export const thing = 1;\n",
  "src/modes/tui/thing.ts": "export const thing = 1;\n",
  "src/cli/thing.ts": "export const thing = 1;\n",
  "components/thing.ts": "export const thing = 1;\n",
  "backends/local/thing.ts": "export const thing = 1;\n",
  "backends/docker/thing.ts": "export const thing = 1;\n",
  "sidecars/egress/thing.ts": "export const thing = 1;\n",
  "sidecars/init/thing.ts": "export const thing = 1;\n",
  "tests/helpers/thing.ts": "export const thing = 1;\n",
};

export interface PlantedTree {
  readonly root: string;
  plant(path: string, text: string): void;
  remove(): void;
}

export function plantedTree(): PlantedTree {
  const root = mkdtempSync(join(tmpdir(), "bottle-guard-"));
  for (const file of ["package.json", "tsconfig.json", ".oxlintrc.json", "src/domain/tsconfig.json"]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    cpSync(join(repository, file), join(root, file));
  }
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
  const plant = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(neighbours)) plant(path, text);
  return { root, plant, remove: () => rmSync(root, { recursive: true, force: true }) };
}
