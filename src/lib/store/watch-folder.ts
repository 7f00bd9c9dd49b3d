// One kernel watch for each folder, however many wait for something in it.

import { watch, type FSWatcher } from "node:fs";

type Listener = (name: string | null) => void;
const folders = new Map<string, { watcher: FSWatcher; listeners: Set<Listener> }>();

/** Calls `changed` with the name of each file that came, changed or went in `folder` (null: unknown which). Returns how to stop. */
export function watchFolder(folder: string, changed: Listener): () => void {
  const shared = folders.get(folder) ?? open(folder);
  shared.listeners.add(changed);
  return () => {
    shared.listeners.delete(changed);
    if (shared.listeners.size > 0) return;
    shared.watcher.close();
    if (folders.get(folder) === shared) folders.delete(folder);
  };
}

function open(folder: string): { watcher: FSWatcher; listeners: Set<Listener> } {
  const listeners = new Set<Listener>();
  const tell = (name: string | null): void => {
    for (const listener of listeners) listener(name);
  };
  const watcher = watch(folder, { persistent: true }, (_event, name) => tell(name));
  const shared = { watcher, listeners };
  watcher.on("error", () => {
    folders.delete(folder); // the folder itself is gone: who waits looks once more and then has only its time-out
    tell(null);
  });
  folders.set(folder, shared);
  return shared;
}
