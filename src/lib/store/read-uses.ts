// What the egress proxy saw of the routes that decisions added.

import { type Use, Uses } from "#domain/proposal/decision.ts";
import { bottlePaths } from "#lib/paths.ts";

import type { QueueOf } from "./queue-files.ts";
import { readChecked } from "./read-checked.ts";
import type { StoreProblem } from "./read-queue.ts";

/** Decision id → use; empty when nothing was used yet. */
export async function readUses({
  root,
  slug,
}: QueueOf): Promise<{ uses: Readonly<Record<string, Use>>; problem?: StoreProblem }> {
  const where = bottlePaths(root, slug).egress.uses;
  const checked = await readChecked(where, Uses);
  if (checked.state === "ok") return { uses: checked.value };
  return checked.state === "missing" ? { uses: {} } : { uses: {}, problem: { where, message: checked.message } };
}
