// A bottle's queue folder, watched: proposals and their fate, always the proposal before what became of it.

import type { FleetEvent } from "#domain/fleet/event.ts";
import { parseQueueFile, queueFolders, type QueueOf } from "#lib/store/queue-files.ts";
import { idsIn, namesIn } from "#lib/store/read-queue.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";

import { createReread } from "./reread.ts";
import { readQueueItem } from "./root-files.ts";
import type { Problems } from "./watch-problems.ts";
import type { Watched } from "./watch-state.ts";

export function watchQueue(of: QueueOf, emit: (event: FleetEvent) => void, problems: Problems): Watched {
  const { queue } = queueFolders(of);
  const told = new Set<string>();
  /** The keys of its problems: what is bad was never told, perhaps. */
  const bad = new Set<string>();
  let isStopped = false;
  const reread = createReread(async (id) => {
    const said = await readQueueItem(of, id);
    if (isStopped) return;
    const about = `${queue}/${id}`;
    if (said.state === "bad") {
      bad.add(about);
      return problems.found(about, said.where, said.message);
    }
    if (bad.delete(about)) problems.solved(about);
    if (said.state === "ok") {
      for (const event of said.events) emit(event);
      told.add(id);
    } else if (told.delete(id)) emit({ type: "proposal-archived", slug: of.slug, id });
  });
  const rereadAll = async (): Promise<void> => {
    const ids = new Set([...idsIn(await namesIn(queue)), ...told]);
    await Promise.all(Array.from(ids, (id) => reread(id)));
  };
  const stopWatching = watchFolder(queue, (name) => {
    if (name === null) return void rereadAll();
    const file = parseQueueFile(name);
    if (file !== undefined) void reread(file.id);
  });
  const stop = (): void => {
    isStopped = true;
    stopWatching();
  };
  return {
    ready: rereadAll(),
    stop,
    close() {
      stop();
      for (const about of bad) problems.solved(about);
      for (const id of told) emit({ type: "proposal-archived", slug: of.slug, id });
    },
  };
}
