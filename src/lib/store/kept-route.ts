// `<id>.kept.json`: what a decision changed in a definition, written before it does, so that undo takes back exactly that.

import { KeptRoute } from "#domain/definition/kept-route.ts";
import { writeAtomic } from "#lib/atomic-file.ts";

import { queueFile, queueFolders, type QueueOf } from "./queue-files.ts";
import { readChecked } from "./read-checked.ts";

export async function writeKept(of: QueueOf, id: string, kept: KeptRoute): Promise<void> {
  await writeAtomic(queueFile(queueFolders(of).queue, id, "kept"), `${JSON.stringify(kept)}\n`);
}

/** Undefined when the decision changed no definition, or when the file cannot be read. */
export async function readKept(of: QueueOf, id: string): Promise<KeptRoute | undefined> {
  const { queue, archive } = queueFolders(of);
  for (const folder of [queue, archive]) {
    const kept = await readChecked(queueFile(folder, id, "kept"), KeptRoute);
    if (kept.state === "ok") return kept.value;
  }
  return undefined;
}
