// Remembers which refs upstream this bottle has made, and what it pushed to each last: those it may rewrite and delete.

import { readFile } from "node:fs/promises";
import * as z from "zod";

import { isErrno, writeAtomic } from "#lib/atomic-file.ts";

import type { Change } from "./decide.ts";

const MadeRefs = z.strictObject({ version: z.literal(1), refs: z.record(z.string(), z.string()) });

/** Of a ref that the bottle made: what it pushed last. One that cannot be read remembers nothing, and says so. */
export async function readMadeRefs(
  path: string,
  problem: (message: string) => void,
): Promise<ReadonlyMap<string, string>> {
  try {
    return new Map(Object.entries(MadeRefs.parse(JSON.parse(await readFile(path, "utf8"))).refs));
  } catch (error) {
    if (!isErrno(error, "ENOENT"))
      problem("what this bottle made upstream is not known any more: its record is damaged");
    return new Map();
  }
}

export async function writeMadeRefs(path: string, made: ReadonlyMap<string, string>): Promise<void> {
  await writeAtomic(path, `${JSON.stringify({ version: 1, refs: Object.fromEntries(made) })}\n`);
}

/** As it is once upstream has these changes. */
export function afterChanges(
  made: ReadonlyMap<string, string>,
  changes: readonly Change[],
): ReadonlyMap<string, string> {
  const after = new Map(made);
  for (const { ref, kind, old, new: to } of changes) {
    const isOurs = kind === "create" || (made.has(ref) && made.get(ref) === old);
    if (to === undefined || !isOurs) after.delete(ref);
    else after.set(ref, to);
  }
  return after;
}
