// How long a daemon that died waits before it is started again.

export interface BackoffPolicy {
  readonly firstMs: number;
  readonly capMs: number;
  /** A daemon that was ready for this long has earned a fresh start. */
  readonly steadyMs: number;
}

export const BACKOFF: BackoffPolicy = { firstMs: 100, capMs: 30_000, steadyMs: 60_000 };

/** Doubles with each failure in a row (1 for the first) up to the cap; no jitter, since nobody competes for the start. */
export function backoffMs(failures: number, policy: BackoffPolicy = BACKOFF): number {
  const doublings = Math.min(Math.max(failures - 1, 0), 30);
  return Math.min(policy.capMs, policy.firstMs * 2 ** doublings);
}
