// One small file of our own, read at once and whole.

import { readFileSync, statSync } from "node:fs";

export const SIZE_LIMIT = 1_048_576;

// At once: four trips through the thread pool for each cost ten times as much, and a fleet of a thousand bottles has ten
// thousand of them. Only a regular file: a pipe would hang the reader.
/** Null when it is missing, undefined when it is no regular file or too large. Throws what else goes wrong. */
export function readBounded(path: string): string | undefined | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  return stat.isFile() && stat.size <= SIZE_LIMIT ? readFileSync(path, "utf8") : undefined;
}
