// Decisions by a proposal's id alone: finds the bottle that it belongs to.

import { basename } from "node:path";

import type { Console } from "#contracts/console.ts";
import { approve, reject } from "#core/decide/decide.ts";
import { type DeskWorld, openDesk } from "#core/decide/desk.ts";
import { undoDecision } from "#core/decide/undo.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import { isSlug } from "#domain/slug.ts";
import { rootPaths } from "#lib/paths.ts";
import { queueFile, queueFolders, type QueueOf } from "#lib/store/queue-files.ts";
import { namesIn, readArchive, readProposal, readQueue, slugsWithQueue } from "#lib/store/read-queue.ts";
import { readUses } from "#lib/store/read-uses.ts";

type Inbox = Pick<Console, "approve" | "reject" | "undo" | "proposal" | "history">;

export function openInbox(root: string, now: () => Date, world: DeskWorld): Inbox {
  const desk = openDesk(root, now, world);
  return {
    approve: async (id, options, progress) => await approve(desk, await slugOf(root, id), id, options, progress),
    reject: async (id, options) => await reject(desk, await slugOf(root, id), id, options),
    undo: async (id, notes) => await undoDecision(desk, await slugOf(root, id), id, notes),
    async proposal(id) {
      const of = { root, slug: await slugOf(root, id) };
      return await withUse(of, await readProposal(of, id));
    },
    async history() {
      const slugs = (await slugsWithQueue(rootPaths(root).queue)).filter(isSlug);
      const items = await Promise.all(slugs.map((slug) => allOf({ root, slug })));
      return items.flat().toSorted((a, b) => (a.proposal.id < b.proposal.id ? -1 : 1));
    },
  };
}

/** Throws `not-found` for an id that no queue and no archive has. */
async function slugOf(root: string, id: string): Promise<string> {
  const slugs = (await slugsWithQueue(rootPaths(root).queue)).filter(isSlug);
  const holders = await Promise.all(slugs.map(async (slug) => ((await holds({ root, slug }, id)) ? slug : undefined)));
  const slug = holders.find((holder) => holder !== undefined);
  if (slug !== undefined) return slug;
  throw new BottleError("not-found", `there is no proposal ${JSON.stringify(id)}`, {
    hint: "see `bottle-dash proposals --all`",
  });
}

async function holds(of: QueueOf, id: string): Promise<boolean> {
  const { queue, archive } = queueFolders(of);
  const name = basename(queueFile(queue, id, "proposal"));
  const names = await Promise.all([namesIn(queue), namesIn(archive)]);
  return names.flat().includes(name);
}

async function allOf(of: QueueOf): Promise<InboxItem[]> {
  const items = [...(await readQueue(of)).items];
  for await (const item of readArchive(of)) if ("proposal" in item) items.push(item);
  const { uses } = await readUses(of);
  return items.map((item) => ({ ...item, use: uses[item.proposal.id] ?? null }));
}

async function withUse(of: QueueOf, item: Omit<InboxItem, "use">): Promise<InboxItem> {
  const { uses } = await readUses(of);
  return { ...item, use: uses[item.proposal.id] ?? null };
}
