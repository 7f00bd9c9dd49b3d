// A bottle's queue folder as fleet events: proposals and their fate, always the proposal before what became of it.

import type { FleetEvent } from "#domain/fleet/event.ts";
import { parseQueueFile, queueFolders, type QueueOf } from "#lib/store/queue-files.ts";
import { idsIn, namesIn, type QueueItem, readItem } from "#lib/store/read-queue.ts";
import { readUses } from "#lib/store/read-uses.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";

import { createReread } from "./reread.ts";
import type { Problems } from "./watch-problems.ts";

export interface Watched {
  /** When everything that was there has been told. */
  readonly ready: Promise<void>;
  /** Ends the watching, silently. */
  stop(): void;
  /** Ends it because the folder is gone, and says so. */
  close(): void;
}

type Emit = (event: FleetEvent) => void;
/** setTimeout takes no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function watchQueue(of: QueueOf, emit: Emit, problems: Problems): Watched {
  const { queue } = queueFolders(of);
  const told = new Set<string>();
  const deadlines = new Map<string, NodeJS.Timeout>();
  let stopped = false;
  const tell = async (id: string): Promise<void> => {
    const item = await readItem(queue, of.slug, id);
    if (stopped) return;
    if (item.state === "bad") return problems.found(`${queue}/${id}`, item.where, item.message);
    problems.solved(`${queue}/${id}`);
    if (item.state === "missing") return forget(id);
    for (const event of eventsOf(of.slug, item.value)) emit(event);
    await tellUse(of, item.value, emit);
    told.add(id);
    wakeAtDeadline(item.value);
  };
  const forget = (id: string): void => {
    clearTimeout(deadlines.get(id));
    deadlines.delete(id);
    if (told.delete(id)) emit({ type: "proposal-archived", slug: of.slug, id });
  };
  /** Nothing on disk changes when a deadline passes, but the proposal does. */
  const wakeAtDeadline = ({ proposal, decision }: QueueItem): void => {
    clearTimeout(deadlines.get(proposal.id));
    deadlines.delete(proposal.id);
    if (proposal.deadline === undefined || decision !== null) return;
    const left = new Date(proposal.deadline).getTime() - Date.now();
    if (left <= 0) return;
    deadlines.set(proposal.id, setTimeout(() => void reread(proposal.id), Math.min(left + 1, LONGEST_TIMER_MS)).unref());
  };
  const reread = createReread(tell);
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
    stopped = true;
    stopWatching();
    for (const timer of deadlines.values()) clearTimeout(timer);
  };
  return {
    ready: rereadAll(),
    stop,
    close() {
      stop();
      for (const id of told) emit({ type: "proposal-archived", slug: of.slug, id });
    },
  };
}

function* eventsOf(slug: string, { proposal, seen, decision, undo }: QueueItem): Generator<FleetEvent> {
  yield { type: "proposal", proposal };
  if (seen !== null) yield { type: "proposal-seen", slug, id: proposal.id, seen };
  if (decision !== null) yield { type: "decision", slug, decision };
  if (undo !== null) yield { type: "undo", slug, undo };
}

/** The uses file may have been told before the proposal was known. */
async function tellUse(of: QueueOf, { proposal, decision }: QueueItem, emit: Emit): Promise<void> {
  if (decision === null || decision.status === "rejected" || proposal.kind !== "egress-block") return;
  const { uses } = await readUses(of);
  const use = uses[proposal.id];
  if (use !== undefined) emit({ type: "uses", slug: of.slug, uses: { [proposal.id]: use } });
}
