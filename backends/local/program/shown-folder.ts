// How much of this machine a program needs around it: the folder of packages that it stands in, or nothing but its own file.

import { dirname } from "node:path";

/**
 * The outermost folder of packages above `file`, which is real. Packages lie in `node_modules`; pnpm's lie beside one another in
 * a store, and are linked from there. Never one that holds any of `keepOut`: the operator's home may lie below something
 * that is called like a folder of packages. Undefined when there is none.
 */
export function packagesAbove(file: string, keepOut: readonly string[]): string | undefined {
  let found: string | undefined;
  for (let folder = dirname(file); folder !== "/" && folder !== "."; folder = dirname(folder)) {
    if (keepOut.some((path) => path === folder || path.startsWith(`${folder}/`))) return found;
    if (isPackages(folder)) found = folder;
  }
  return found;
}

function isPackages(folder: string): boolean {
  return /\/node_modules$|\/\.pnpm$|\/store\/v\d+\/links$/.test(folder);
}
