// The names in a queue folder: `<id>.proposal.json`, with `.seen`, `.kept`, `.decision` and `.undo.json` beside it.

import { join } from "node:path";

import { parseProposalId } from "#domain/proposal/id.ts";
import { PROPOSAL_ID } from "#domain/proposal/proposal.ts";
import { bottlePaths } from "#lib/paths.ts";

/** Whose queue: the operator's root folder and a bottle. */
export interface QueueOf {
  readonly root: string;
  readonly slug: string;
}

/** The proposal first. `kept` is what a decision of scope "manifest" changed in the definition (KeptRoute). */
export const QUEUE_PARTS = ["proposal", "seen", "kept", "decision", "undo"] as const;
export type QueuePart = (typeof QUEUE_PARTS)[number];

export interface QueueFolders {
  readonly queue: string;
  readonly archive: string;
}

/** Throws `invalid` when the slug is none. */
export function queueFolders({ root, slug }: QueueOf): QueueFolders {
  const { queue, archive } = bottlePaths(root, slug);
  return { queue, archive };
}

/** Throws `invalid` when the id is none: no path is ever made from an unchecked name. */
export function queueFile(folder: string, id: string, part: QueuePart): string {
  return join(folder, `${parseProposalId(id)}.${part}.json`);
}

export function parseQueueFile(name: string): { id: string; part: QueuePart } | undefined {
  const [id, part, json, ...more] = name.split(".");
  if (id === undefined || !PROPOSAL_ID.test(id) || json !== "json" || more.length > 0) return undefined;
  const known = QUEUE_PARTS.find((name) => name === part);
  return known === undefined ? undefined : { id, part: known };
}

/** Held while proposals are folded, decided or archived in a queue: always for milliseconds. */
export function queueLock(folders: QueueFolders): string {
  return join(folders.queue, ".lock");
}
