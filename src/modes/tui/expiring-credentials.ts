// Which credentials have begun to expire soon since the dashboard last looked: each is told of once.

import { hasEnded } from "#components/fleet-list.ts";
import { credentialStanding, untilStandingChanges } from "#domain/fleet/credential-words.ts";
import type { BottleRow, Fleet } from "#domain/fleet/fleet.ts";

export class ExpiringCredentials {
  #told: ReadonlySet<string> | undefined;

  /** Slugs. What was so when the dashboard opened is on the screen, and no news. */
  fresh({ bottles }: Fleet, at: number): string[] {
    const expiring = withCredential(bottles).filter(
      ({ credential }) => credentialStanding(credential, new Date(at)).kind !== "fine",
    );
    const before = this.#told;
    this.#told = new Set(expiring.map(keyOf));
    return before === undefined ? [] : expiring.filter((one) => !before.has(keyOf(one))).map(({ slug }) => slug);
  }
}

/** Milliseconds until one of them begins to expire soon, or expires; Infinity when none will. */
export function untilCredentialChanges({ bottles }: Fleet, at: number): number {
  return Math.min(
    Infinity,
    ...withCredential(bottles).map(({ credential }) => untilStandingChanges(credential, at) ?? Infinity),
  );
}

type Holding = BottleRow & Required<Pick<BottleRow, "credential">>;

function withCredential(bottles: readonly BottleRow[]): Holding[] {
  return bottles.filter((bottle): bottle is Holding => bottle.credential !== undefined && !hasEnded(bottle));
}

function keyOf({ slug, credential }: Holding): string {
  return `${slug} ${credential.expires_at}`;
}
