// What is built from what: one bundle for the command line, one for each sidecar, one for each program of the demo.

import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

export interface Bundle {
  /** Relative to the repository. */
  readonly entry: string;
  readonly out: string;
  /** Started from a shell by name. */
  readonly executable: boolean;
}

/** The whole command line and dashboard in one file; dist/bottle-dash.js loads it. */
export const programOut = "dist/bottle-dash-program.js";

/** Only what exists in the tree: an entry that is there is always built. */
export function bundles(root: string): Bundle[] {
  return [...commandLine(root), ...sidecars(root), ...demo(root)];
}

function commandLine(root: string): Bundle[] {
  return [
    { entry: "src/cli/main.ts", out: programOut, executable: false },
    { entry: "src/cli/launcher.ts", out: "dist/bottle-dash.js", executable: true },
  ].filter(({ entry }) => existsSync(join(root, entry)));
}

function sidecars(root: string): Bundle[] {
  return names(join(root, "sidecars"))
    .map((name) => ({ name, entry: `sidecars/${name}/main.ts` }))
    .filter(({ entry }) => existsSync(join(root, entry)))
    .map(({ name, entry }) => ({ entry, out: `dist/sidecars/${name}.js`, executable: false }));
}

const demoPrograms = ["agent.ts", "upstream.ts"];

function demo(root: string): Bundle[] {
  return names(join(root, "fixtures/demo"))
    .filter((name) => demoPrograms.includes(name))
    .map((name) => ({
      entry: `fixtures/demo/${name}`,
      out: `dist/demo/${basename(name, ".ts")}.js`,
      executable: false,
    }));
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
