// Blocked requests as proposals: the first of a kind makes one, the others raise its count, and a bottle has at most
// twenty of them waiting; beyond that they are only counted in the audit log.

import type { EgressBlockPayload } from "#domain/proposal/proposal.ts";
import { foldKey } from "#domain/proposal/proposal.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { parseQueueFile, type QueueOf, queueFolders } from "#lib/store/queue-files.ts";
import { type QueueItem, readProposal, readQueue } from "#lib/store/read-queue.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";

import { admitPending, MOST_PENDING, TooManyAsked } from "./limits.ts";

export interface BlockedRequest {
  /** The route that would let it through. */
  readonly suggestion: EgressBlockPayload;
  readonly method: string;
  readonly path: string;
  readonly reason: string;
}

export interface BlockedProposals {
  /** The id of the proposal that it made or raised; undefined when there are too many, or the operator said no to it. */
  propose(request: BlockedRequest, now: Date): Promise<string | undefined>;
  flush(): Promise<void>;
  close(): void;
}

const RAISE_EVERY_MS = 1000;

interface Entry {
  id: Promise<string | undefined>;
  /** Not yet in the proposal's count. */
  more: number;
  request: BlockedRequest;
  rejected: string | undefined;
}

/** `queue` must exist as a folder. */
export async function openBlockedProposals(of: QueueOf, problem: (message: string) => void): Promise<BlockedProposals> {
  const entries = new Map<string, Entry>();
  let timer: NodeJS.Timeout | undefined;
  for (const item of (await readQueue(of)).items) recall(entries, of, item);

  const create = async (request: BlockedRequest, count: number, now: Date): Promise<string | undefined> => {
    try {
      const { proposal } = await createProposal(of, draft(request, count, now), now, { admit: admitPending });
      return proposal.id;
    } catch (error) {
      if (error instanceof TooManyAsked) return undefined; // the audit log counts it
      problem(`no proposal: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const raise = async (): Promise<void> => {
    timer = undefined;
    for (const [key, entry] of entries) {
      if (entry.more === 0 || entry.rejected !== undefined) continue;
      const { more } = entry;
      entry.more = 0;
      const id = await create(entry.request, more, new Date());
      if (entries.get(key) === entry && id !== undefined) entry.id = Promise.resolve(id);
    }
  };
  const stopWatching = watchFolder(queueFolders(of).queue, (name) => {
    const file = name === null ? undefined : parseQueueFile(name);
    if (file?.part === "decision" || file?.part === "undo") void decided(entries, of, file.id);
  });

  return {
    async propose(request, now) {
      const key = keyOf(of, request.suggestion);
      const entry = entries.get(key);
      if (entry?.rejected !== undefined) return undefined;
      if (entry !== undefined) {
        entry.more += 1;
        timer ??= setTimeout(() => void raise(), RAISE_EVERY_MS);
        return await entry.id;
      }
      if (waiting(entries) >= MOST_PENDING) return undefined;
      const made: Entry = { id: create(request, 1, now), more: 0, request, rejected: undefined };
      entries.set(key, made);
      const id = await made.id;
      if (id === undefined && entries.get(key) === made) entries.delete(key);
      return id;
    },
    async flush() {
      clearTimeout(timer);
      await raise();
    },
    close: stopWatching,
  };
}

function draft({ suggestion, method, path, reason }: BlockedRequest, count: number, now: Date) {
  const at = now.toISOString();
  return {
    kind: "egress-block" as const,
    payload: { ...suggestion, method, path: path.slice(0, 8192), count, first_seen: at, last_seen: at },
    justification: `Blocked by the egress proxy: ${reason}.`,
    origin: "blocked-request" as const,
  };
}

function keyOf({ slug }: QueueOf, payload: EgressBlockPayload): string {
  return foldKey({ kind: "egress-block", bottle_slug: slug, payload }) ?? "";
}

function waiting(entries: ReadonlyMap<string, Entry>): number {
  return [...entries.values()].filter(({ rejected }) => rejected === undefined).length;
}

/** What an earlier run of the proxy proposed, and what the operator said no to. */
function recall(entries: Map<string, Entry>, of: QueueOf, { proposal, decision, undo }: QueueItem): void {
  if (proposal.kind !== "egress-block" || undo !== null) return;
  if (proposal.origin !== "blocked-request" && decision?.status !== "rejected") return;
  if (decision !== null && decision.status !== "rejected") return;
  const { payload, id } = proposal;
  const request = {
    suggestion: ruleOf(payload),
    method: payload.method ?? "GET",
    path: payload.path ?? "/",
    reason: "it is not on the allowlist",
  };
  entries.set(keyOf(of, payload), { id: Promise.resolve(id), more: 0, request, rejected: decision?.notes });
}

function ruleOf({ host, port, methods, path_allowlist }: EgressBlockPayload): EgressBlockPayload {
  return {
    host,
    ...(port === undefined ? {} : { port }),
    ...(methods === undefined ? {} : { methods }),
    ...(path_allowlist === undefined ? {} : { path_allowlist }),
  };
}

async function decided(entries: Map<string, Entry>, of: QueueOf, id: string): Promise<void> {
  const item = await readProposal(of, id).catch(() => undefined);
  if (item === undefined || item.proposal.kind !== "egress-block") return;
  const key = keyOf(of, item.proposal.payload);
  const entry = entries.get(key);
  const rejected = item.decision?.status === "rejected" && item.undo === null;
  if (!rejected) {
    if ((await entry?.id) === id) entries.delete(key);
    return;
  }
  if (entry !== undefined) entry.rejected = item.decision?.notes ?? "";
  else recall(entries, of, item);
}
