// Which packages of an install a package needs, itself included: what its image is made of.

import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Paths below `folder`, such as `node_modules/pi/node_modules/glob`; those of a package within another are part of it. */
export function packageTree(folder: string, name: string): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {} } = manifest(join(folder, path));
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const at = placeOf(folder, path, needed);
      if (at !== undefined) visit(at);
    }
  };
  visit(`node_modules/${name}`);
  return [...found].filter((path) => !enclosed(path, found)).toSorted();
}

/** As Node looks it up from there; undefined for one that this machine has no use for. */
function placeOf(folder: string, from: string, needed: string): string | undefined {
  for (let at = from; ; at = posix.dirname(at)) {
    const path = posix.join(at, "node_modules", needed);
    if (existsSync(join(folder, path, "package.json"))) return path;
    if (at === ".") return undefined;
  }
}

function enclosed(path: string, all: ReadonlySet<string>): boolean {
  for (let at = posix.dirname(path); at !== "."; at = posix.dirname(at)) if (all.has(at)) return true;
  return false;
}

function manifest(path: string): Manifest {
  return JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Manifest;
}
