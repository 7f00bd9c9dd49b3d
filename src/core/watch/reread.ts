// Reads a thing again whenever it changed: one read at a time, and once more when it changed meanwhile.

export interface Reread {
  /** Resolves when a read that began after this call has ended. Never rejects. */
  (key: string): Promise<void>;
}

/** `read` must not throw; a key that was `forgotten` is read anew. */
export function createReread(read: (key: string) => Promise<void>): Reread {
  const running = new Map<string, { again: Promise<void> | undefined; now: Promise<void> }>();
  const begin = (key: string): Promise<void> => {
    const entry = { again: undefined as Promise<void> | undefined, now: Promise.resolve() };
    running.set(key, entry);
    entry.now = read(key).finally(() => {
      if (entry.again === undefined) running.delete(key);
    });
    return entry.now;
  };
  return (key) => {
    const entry = running.get(key);
    if (entry === undefined) return begin(key);
    entry.again ??= entry.now.then(() => begin(key));
    return entry.again;
  };
}
