// A bottle's queue folder, watched: proposals and their fate, always the proposal before what became of it.

import type { FleetEvent } from "#domain/fleet/event.ts";
import { parseQueueFile, queueFolders, type QueueOf } from "#lib/store/queue-files.ts";
import { idsIn, namesIn } from "#lib/store/read-queue.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";

import { createReread } from "./reread.ts";
import { readQueueItem, type Said } from "./root-files.ts";
import type { Problems } from "./problems.ts";
import type { Watched } from "./state.ts";

export function watchQueue(of: QueueOf, emit: (event: FleetEvent) => void, problems: Problems): Watched {
  const { queue } = queueFolders(of);
  const told = new Set<string>();
  /** The keys of its problems: what is bad was never told, perhaps. */
  const bad = new Set<string>();
  const deadlines = createDeadlines((id) => void reread(id));
  let isStopped = false;
  const reread = createReread(async (id) => {
    const said = await readQueueItem(of, id);
    if (isStopped) return;
    deadlines.look(id, said);
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
    deadlines.close();
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

/** setTimeout takes no longer ones; the timer is then set again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Nothing on disk changes when a deadline passes, but what the proposal is does: it is told again then. */
function createDeadlines(passed: (id: string) => void) {
  const timers = new Map<string, NodeJS.Timeout>();
  return {
    look(id: string, said: Said): void {
      clearTimeout(timers.get(id));
      timers.delete(id);
      const left = said.state === "ok" ? timeLeft(said.events) : undefined;
      if (left === undefined) return;
      const timer = setTimeout(() => passed(id), Math.min(left + 1, LONGEST_TIMER_MS));
      timers.set(id, timer.unref());
    },
    close(): void {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** Milliseconds until an undecided proposal runs out; undefined when it does not, or has. */
function timeLeft(events: readonly FleetEvent[]): number | undefined {
  const proposed = events.find((event) => event.type === "proposal");
  if (proposed?.proposal.deadline === undefined || events.some(({ type }) => type === "decision")) return undefined;
  const left = new Date(proposed.proposal.deadline).getTime() - Date.now();
  return left > 0 ? left : undefined;
}
