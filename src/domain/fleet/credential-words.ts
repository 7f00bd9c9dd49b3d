// How the credential of a bottle stands, before it bites: fine, expiring soon, or expired, and how to renew it.

import type { BottleRow } from "./fleet.ts";

export type Credential = NonNullable<BottleRow["credential"]>;

export type CredentialStanding =
  | { readonly kind: "fine" }
  /** `minutes`: left, rounded up, so at least one. */
  | { readonly kind: "soon"; readonly minutes: number }
  | { readonly kind: "expired" };

const MINUTE_MS = 60_000;
const SOON_MS = 60 * MINUTE_MS;
/** A launch with less than this left hardly gets anything done. */
const LAUNCH_MS = 10 * MINUTE_MS;

export function credentialStanding({ expires_at }: Pick<Credential, "expires_at">, now: Date): CredentialStanding {
  const left = Date.parse(expires_at) - now.getTime();
  if (Number.isNaN(left) || left > SOON_MS) return { kind: "fine" };
  return left <= 0 ? { kind: "expired" } : { kind: "soon", minutes: Math.ceil(left / MINUTE_MS) };
}

/** A few words for a row; undefined while there is nothing to say. */
export function credentialMark(credential: Credential | undefined, now: Date): string | undefined {
  if (credential === undefined) return undefined;
  const standing = credentialStanding(credential, now);
  switch (standing.kind) {
    case "fine":
      return undefined;
    case "soon":
      return `credential expires in ${standing.minutes} min`;
    case "expired":
      return "credential expired";
  }
}

/** Where it is from, until when it is good, and, once that matters, how to renew it. */
export function credentialWords(credential: Credential, now: Date): string {
  const { source, expires_at, renew } = credential;
  const standing = credentialStanding(credential, now);
  switch (standing.kind) {
    case "fine":
      return `${source}, good until ${expires_at}`;
    case "soon":
      return `${source} expires in ${standing.minutes} min; ${renew}`;
    case "expired":
      return `${source} expired at ${expires_at}; ${renew}`;
  }
}

/** What a launch with it should be warned of. */
export function launchWarning(credential: Credential, now: Date): string | undefined {
  const isNear = Date.parse(credential.expires_at) - now.getTime() <= LAUNCH_MS;
  return isNear ? `the credential of ${credentialWords(credential, now)}` : undefined;
}

/** Milliseconds until its standing becomes another, apart from the minutes that it tells; undefined when it will not. */
export function untilStandingChanges({ expires_at }: Credential, at: number): number | undefined {
  const left = Date.parse(expires_at) - at;
  if (left > SOON_MS) return left - SOON_MS;
  return left > 0 ? left : undefined;
}
