// One kernel watch for each folder, however many wait for something in it.

import { watch, type FSWatcher } from "node:fs";

type Listener = (name: string | null) => void;
interface Shared {
  readonly watcher: FSWatcher | undefined;
  readonly listeners: Set<Listener>;
}
const folders = new Map<string, Shared>();

/**
 * Calls `changed` with the name of each file that came, changed or went in `folder` (null: look at all of it). Returns how
 * to stop. A folder that is not there tells nothing: watch it when its own folder tells of it.
 */
export function watchFolder(folder: string, changed: Listener): () => void {
  const shared = folders.get(folder) ?? open(folder);
  shared.listeners.add(changed);
  return () => {
    shared.listeners.delete(changed);
    if (shared.listeners.size > 0) return;
    shared.watcher?.close();
    if (folders.get(folder) === shared) folders.delete(folder);
  };
}

function open(folder: string): Shared {
  const listeners = new Set<Listener>();
  const tell = (name: string | null): void => {
    for (const listener of listeners) listener(name);
  };
  const shared = { watcher: start(folder, tell), listeners };
  shared.watcher?.on("error", () => tell(null));
  if (shared.watcher !== undefined) folders.set(folder, shared);
  return shared;
}

function start(folder: string, tell: Listener): FSWatcher | undefined {
  try {
    return watch(folder, (_event, name) => tell(name));
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return undefined;
    throw error;
  }
}
