// What may be removed of bottles that no longer run, and why something is kept.

import { lstat, readdir } from "node:fs/promises";

import type { Backend } from "#contracts/backend.ts";
import type { CleanupItem } from "#contracts/console.ts";
import { type Fleet, statusOf } from "#domain/fleet/fleet.ts";
import { isErrno } from "#lib/atomic-file.ts";
import { bottlePaths } from "#lib/paths.ts";

import { removeState } from "./launch/launch.ts";

export interface CleanupFrom {
  readonly root: string;
  readonly fleet: Fleet;
  readonly backends: readonly Backend[];
  readonly now: Date;
}

const OVER = new Set(["exited", "crashed", "stopped", "lost"]);

/** One item a slug; an empty list of slugs means all that are over. `force` overrides what keeps a bottle, but never a running one. */
export async function planCleanup(from: CleanupFrom, slugs: readonly string[], force: boolean): Promise<CleanupItem[]> {
  const { fleet } = from;
  const leftovers = await leftoversOf(from, slugs, force);
  const over = fleet.bottles.filter(({ state }) => OVER.has(state)).map(({ slug }) => slug);
  const known = slugs.filter((slug) => leftovers.every((item) => item.slug !== slug));
  const wanted = slugs.length > 0 ? known : over;
  return [...(await Promise.all(wanted.map((slug) => planOne(from, slug, force)))), ...leftovers];
}

/** What is left in a backend of bottles whose state is gone. One that does not answer is asked the next time. */
async function leftoversOf(
  { fleet: { bottles }, backends }: CleanupFrom,
  slugs: readonly string[],
  force: boolean,
): Promise<CleanupItem[]> {
  const found = await Promise.all(
    backends.map(async (backend) => {
      const left = (await backend.leftovers?.().catch(() => [])) ?? [];
      const theirs = left.filter(
        (slug) => bottles.every((row) => row.slug !== slug) && (slugs.length === 0 || slugs.includes(slug)),
      );
      return await Promise.all(theirs.map((slug) => leftover(backend, slug, force)));
    }),
  );
  return found.flat();
}

async function leftover(backend: Backend, slug: string, force: boolean): Promise<CleanupItem> {
  const files =
    (await backend
      .open(slug)
      .workspaceEntries?.()
      .catch(() => 1)) ?? 0;
  const what = `what it left in ${backend.name}: its state folder is gone`;
  const found = { slug, backend: backend.name };
  if (files === 0) return { ...found, remove: true, detail: what };
  return force
    ? { ...found, remove: true, detail: `${what}, ${heldText(files)}` }
    : { ...found, remove: false, detail: `${heldText(files)}, and its state folder is gone; ${FORCE}` };
}

const FORCE = "--force removes it all the same";

function heldText(files: number): string {
  return `its workspace holds ${files} uncollected ${files === 1 ? "entry" : "entries"}`;
}

async function planOne(
  { root, fleet, backends, now }: CleanupFrom,
  slug: string,
  force: boolean,
): Promise<CleanupItem> {
  const row = fleet.bottles.find((bottle) => bottle.slug === slug);
  if (row === undefined) return { slug, remove: false, detail: "there is no such bottle" };
  const problem = fleet.problems[`backend ${row.backend}`];
  if (problem !== undefined) return { slug, remove: false, detail: `${row.backend} does not answer: ${problem}` };
  if (!OVER.has(row.state)) return { slug, remove: false, detail: `it is ${row.state}: stop it first` };
  const unread = fleet.inbox
    .filter(({ proposal }) => proposal.bottle_slug === slug)
    .filter((item) => statusOf(item, now) === "pending");
  const files = await workspaceEntries(
    root,
    slug,
    backends.find(({ name }) => name === row.backend),
  );
  const kept = [
    ...(unread.length > 0 ? [`${unread.length} unread ${unread.length === 1 ? "proposal" : "proposals"}`] : []),
    ...(files > 0 ? [heldText(files)] : []),
  ];
  if (kept.length > 0 && !force) return { slug, remove: false, detail: `${kept.join(", ")}; ${FORCE}` };
  return { slug, remove: true, detail: ["its home, logs and queue", ...kept].join(", ") };
}

/** Ends what is left of the bottle, then removes its state; its audit log stays. */
export async function removeBottle(root: string, backend: Backend | undefined, slug: string): Promise<void> {
  await backend?.open(slug).remove();
  await removeState(root, slug);
}

/** Where the backend keeps the home it is asked; what cannot be seen may be something. */
async function workspaceEntries(root: string, slug: string, backend: Backend | undefined): Promise<number> {
  const { workspaceEntries: ask } = backend?.open(slug) ?? {};
  return ask === undefined ? await workspaceFiles(root, slug) : await ask().catch(() => 1);
}

/**
 * Entries at the top of the workspace, 0 when there is none. Whatever the agent put in its place counts as one, and a link
 * is never followed: it may lead out of the home, or nowhere, and one bottle's must not keep all others from being removed.
 */
async function workspaceFiles(root: string, slug: string): Promise<number> {
  const workspace = `${bottlePaths(root, slug).agent.home}/workspace`;
  try {
    return (await lstat(workspace)).isDirectory() ? (await readdir(workspace)).length : 1;
  } catch (error) {
    return isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR") ? 0 : 1; // what cannot be read may be something
  }
}
