// Root's bottles have a uid of their own: what only root may read, such a bottle cannot run.

import { statSync } from "node:fs";
import { dirname } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";

/** Read, and executed or entered. */
const BY_OTHERS = 0o005;

/** What lies above `shown` may be closed: it is bound by root. Throws `invalid` for what everybody must be able to read. */
export function demandReadable(name: string, file: string, shown: string): void {
  const closed = [file, ...between(file, shown)].find((path) => (statSync(path).mode & BY_OTHERS) !== BY_OTHERS);
  if (closed === undefined) return;
  throw new BottleError("invalid", `only its owner may use it, and as root you give ${name} a user of its own`, {
    where: closed,
    hint: `\`chmod -R go+rX ${shown}\``,
  });
}

/** The folders from `file` up to `shown`. */
function between(file: string, shown: string): string[] {
  if (file === shown) return [];
  const folders: string[] = [];
  for (let folder = dirname(file); folder.length >= shown.length; folder = dirname(folder)) folders.push(folder);
  return folders;
}
