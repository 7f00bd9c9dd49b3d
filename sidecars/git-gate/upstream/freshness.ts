// When a mirror is fresh enough to serve: asked for by many at once, it is fetched once, and never is an answer older
// than the question.

export interface Freshness {
  /**
   * Resolves when a fetch has succeeded that began after this call, or, with `withinMs`, one that ended no longer ago than
   * that. Rejects with the fetch's error.
   */
  ensure(withinMs?: number): Promise<void>;
}

export function openFreshness(fetch: () => Promise<unknown>, now: () => number = Date.now): Freshness {
  let running: Promise<void> | undefined;
  /** Begins when the running one ends: whoever asks meanwhile shares it. */
  let next: Promise<void> | undefined;
  let succeededAt = -Infinity;

  const start = (): Promise<void> => {
    const attempt = fetch().then(() => void (succeededAt = now()));
    const settled = attempt.finally(() => {
      if (running === settled) running = undefined;
    });
    running = settled;
    return settled;
  };
  const afterRunning = async (current: Promise<void>): Promise<void> => {
    await current.catch(() => {}); // its own callers hear of it
    next = undefined;
    return start();
  };
  return {
    ensure(withinMs) {
      if (withinMs !== undefined && now() - succeededAt <= withinMs) return Promise.resolve();
      if (running === undefined) return start();
      next ??= afterRunning(running);
      return next;
    },
  };
}
