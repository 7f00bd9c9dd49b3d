// Everything that is on disk under the root, read once, as fleet events: what a command needs that does not watch.

import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

import type { FleetEvent } from "#domain/fleet/event.ts";
import { isSlug } from "#domain/slug.ts";
import { rootPaths } from "#lib/paths.ts";
import { queueFolders } from "#lib/store/queue-files.ts";
import { idsIn, namesIn } from "#lib/store/read-queue.ts";

import { readQueueItem, type Said, stateFiles } from "./root-files.ts";

/** After so many bottles others get their turn: a thousand take a third of a second. */
const AT_ONCE = 32;
export const NOT_A_SLUG = "is not named as a slug: a-z, 0-9, - and _ only";

/** Resolves when all has been emitted. Never throws for what a file says: that is a problem event. */
export async function scanRoot(root: string, emit: (event: FleetEvent) => void): Promise<void> {
  const { state, queue } = rootPaths(root);
  await scan(
    state,
    emit,
    async (slug) => await Promise.all(Array.from(stateFiles({ root, slug }).values(), (read) => read())),
  );
  await scan(queue, emit, async (slug) => {
    const ids = idsIn(await namesIn(queueFolders({ root, slug }).queue));
    return await Promise.all(ids.map((id) => readQueueItem({ root, slug }, id)));
  });
}

async function scan(
  folder: string,
  emit: (event: FleetEvent) => void,
  read: (slug: string) => Promise<Said[]>,
): Promise<void> {
  const names = (await namesIn(folder)).filter((name) => !name.startsWith("."));
  for (const [index, name] of names.toSorted().entries()) {
    if (index % AT_ONCE === AT_ONCE - 1) await nextTurn();
    if (!isSlug(name)) emit({ type: "problem", where: join(folder, name), message: NOT_A_SLUG });
    else for (const said of await read(name)) tell(said, emit);
  }
}

function tell(said: Said, emit: (event: FleetEvent) => void): void {
  if (said.state === "ok") for (const event of said.events) emit(event);
  if (said.state === "bad") emit({ type: "problem", where: said.where, message: said.message });
}
