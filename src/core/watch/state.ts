// A bottle's state folder, watched: who it is, how it is confined, how it ended, what it used.

import { dirname } from "node:path";

import type { FleetEvent } from "#domain/fleet/event.ts";
import { bottlePaths } from "#lib/paths.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";

import { createReread } from "./reread.ts";
import { stateFiles } from "./root-files.ts";
import type { Problems } from "./problems.ts";

/** The watch of one folder. */
export interface Watched {
  /** When everything that was there has been told. */
  readonly ready: Promise<void>;
  /** Ends the watching, silently. */
  stop(): void;
  /** Ends it because the folder is gone, and says so. */
  close(): void;
}

export function watchState(of: QueueOf, emit: (event: FleetEvent) => void, problems: Problems): Watched {
  const paths = bottlePaths(of.root, of.slug);
  const files = stateFiles(of);
  let isFound = false;
  let isStopped = false;
  const lose = (): void => {
    if (isFound) emit({ type: "bottle-removed", slug: of.slug });
    isFound = false;
  };
  const reread = createReread(async (path) => {
    const said = await files.get(path)!();
    if (isStopped) return;
    if (said.state === "bad") return problems.found(path, said.where, said.message);
    problems.solved(path);
    if (said.state === "ok") for (const event of said.events) emit(event);
    if (path !== paths.metadata) return;
    if (said.state === "ok") isFound = true;
    else lose();
  });
  const stopWatching = watchFolders(
    [...files.keys()],
    [paths.state, paths.agent.dir, paths.egress.dir],
    (path) => void reread(path),
  );
  const stop = (): void => {
    isStopped = true;
    stopWatching();
  };
  return {
    ready: Promise.all(Array.from(files.keys(), (path) => reread(path))).then(() => {}),
    stop,
    close() {
      stop();
      for (const path of files.keys()) problems.solved(path);
      lose();
    },
  };
}

/** `changed` for each of `files`; a folder that comes later, or anew, is watched then. The first of `folders` holds the others. */
function watchFolders(
  files: readonly string[],
  [top, ...inner]: readonly [string, ...string[]],
  changed: (path: string) => void,
): () => void {
  const stops = new Map<string, () => void>();
  const filesIn = (folder: string): string[] => files.filter((file) => dirname(file) === folder);
  const watchOne = (folder: string): void => {
    stops.get(folder)?.();
    const stop = watchFolder(folder, (name) => {
      const child = `${folder}/${name}`;
      if (folder === top && inner.includes(child)) {
        watchOne(child);
        for (const file of filesIn(child)) changed(file);
      }
      for (const file of filesIn(folder)) if (name === null || file === child) changed(file);
    });
    stops.set(folder, stop);
  };
  for (const folder of [top, ...inner]) watchOne(folder);
  return () => {
    for (const stop of stops.values()) stop();
    stops.clear();
  };
}
