// A file of the proxy's own that is written a while after something changed, whole, and never more often than that.

import { writeAtomic } from "#lib/atomic-file.ts";

export interface StateFile {
  /** `soon`: written after the interval; else when something else or the end writes it. */
  changed(soon?: boolean): void;
  flush(): Promise<void>;
}

export interface StateFileOptions {
  readonly path: string;
  readonly everyMs: number;
  /** What is written; undefined leaves the file alone. */
  readonly state: () => unknown;
  /** Told when it begins to fail. */
  readonly failed: (message: string) => void;
}

export function openStateFile({ path, everyMs, state, failed }: StateFileOptions): StateFile {
  let dirty = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let failing = false;

  const write = async (): Promise<void> => {
    const value = state();
    if (!dirty || value === undefined) return;
    dirty = false;
    try {
      await writeAtomic(path, `${JSON.stringify(value)}\n`);
      failing = false;
    } catch (error) {
      dirty = true; // with the next change it is tried again
      if (!failing) failed(error instanceof Error ? error.message : String(error));
      failing = true;
    }
  };
  const next = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  };
  return {
    changed(soon = true) {
      dirty = true;
      if (soon) timer ??= setTimeout(() => void next(), everyMs).unref();
    },
    flush: next,
  };
}
