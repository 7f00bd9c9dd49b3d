// What is on disk under the root, told once: what one-shot commands need. Leaves chokidar unloaded.

import type { FleetEvent } from "#domain/fleet/event.ts";
import { isSlug } from "#domain/slug.ts";
import { rootPaths } from "#lib/paths.ts";
import { namesIn } from "#lib/store/read-queue.ts";

import { createProblems } from "./watch-problems.ts";
import { watchQueue } from "./watch-queue.ts";
import { watchState } from "./watch-state.ts";

type Emit = (event: FleetEvent) => void;

/** Resolves when everything was emitted. A bad file or folder name is a problem event. */
export async function scanRoot(root: string, emit: Emit): Promise<void> {
  const { state, queue } = rootPaths(root);
  const problems = createProblems(emit);
  const scan = async (folder: string, open: typeof watchState): Promise<void> => {
    const names = (await namesIn(folder)).filter((name) => !name.startsWith("."));
    for (const name of names.filter((each) => !isSlug(each))) {
      problems.found(`${folder}/${name}`, `${folder}/${name}`, "is not named as a slug: a-z, 0-9, - and _ only");
    }
    const watched = names.filter(isSlug).map((slug) => open({ root, slug }, emit, problems));
    await Promise.all(watched.map(({ ready }) => ready));
    for (const { stop } of watched) stop();
  };
  await Promise.all([scan(state, watchState), scan(queue, watchQueue)]);
}
