// Who may write a seed: a lease beside it, decided here and written under a lock. A token is given once and never again, so
// whoever was away too long finds another's in its place, and writes nothing any more.

import * as z from "zod";

export const Lease = z.strictObject({
  version: z.literal(1),
  /** Random; who has it holds the lease. */
  token: z.string().regex(/^[0-9a-f]{32}$/),
  /** The bottle, for people. */
  holder: z.string().max(200),
  /** The process that renewed it last, for people. */
  pid: z.int(),
  host: z.string().max(300),
  renewed_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});
export type Lease = z.infer<typeof Lease>;

/** Whoever asks. */
export type Claimant = Pick<Lease, "token" | "holder" | "pid" | "host">;

export const LEASE_MS = 60_000;
export const RENEW_MS = 10_000;

export type Take =
  | { readonly kind: "taken"; readonly lease: Lease; readonly from: Lease | undefined }
  | { readonly kind: "refused"; readonly by: Lease };

/** `found`: what lies there; undefined for nothing. */
export function take(found: Lease | undefined, claimant: Claimant, now: Date, leaseMs = LEASE_MS): Take {
  if (found !== undefined && found.token !== claimant.token && !hasExpired(found, now, leaseMs))
    return { kind: "refused", by: found };
  return { kind: "taken", lease: leaseFrom(claimant, now, leaseMs), from: found };
}

export type Renewal =
  | { readonly kind: "kept"; readonly lease: Lease }
  /** `by`: who has it now; undefined when it is gone: somebody may have had it, used it and left. */
  | { readonly kind: "lost"; readonly by: Lease | undefined };

/**
 * By the token alone: a lease that ran out while its holder slept and that nobody took is still its own, and one that was
 * taken is not, whatever the clocks say. Only a holder that was told `kept` may write the seed.
 */
export function renew(found: Lease | undefined, claimant: Claimant, now: Date, leaseMs = LEASE_MS): Renewal {
  if (found?.token !== claimant.token) return { kind: "lost", by: found };
  return { kind: "kept", lease: leaseFrom(claimant, now, leaseMs) };
}

/** Only its holder may remove it. */
export function mayRelease(found: Lease | undefined, token: string): boolean {
  return found?.token === token;
}

/**
 * A lease from the future is none either: the clock was set back, and its holder, when it lives, has renewed it since or is
 * about to. Otherwise a dead one would hold as long as the clock was wrong.
 */
export function hasExpired({ renewed_at, expires_at }: Lease, now: Date, leaseMs = LEASE_MS): boolean {
  const at = now.getTime();
  return !(at < Date.parse(expires_at)) || Date.parse(renewed_at) - at > leaseMs;
}

function leaseFrom({ token, holder, pid, host }: Claimant, now: Date, leaseMs: number): Lease {
  return {
    version: 1,
    token,
    holder,
    pid,
    host,
    renewed_at: now.toISOString(),
    expires_at: new Date(now.getTime() + leaseMs).toISOString(),
  };
}
