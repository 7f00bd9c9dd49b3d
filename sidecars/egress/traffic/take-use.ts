// The use of a route that a decision added, written down before anything is sent.

import type { TableRoute } from "#domain/egress/route.ts";

import type { Refusal } from "../policy/refusal.ts";
import type { UseRecord } from "../table/uses.ts";

/** Nothing to wait for where the route may be used again; else the refusal when its one use could not be taken. */
export function takeUse(
  route: TableRoute,
  now: Date,
  stillAllowed: () => boolean,
  uses: UseRecord,
): Promise<Refusal | undefined> | undefined {
  const { decision, once } = route;
  if (decision === undefined) return undefined;
  if (once !== true) {
    uses.note(decision, now);
    return undefined;
  }
  return uses.consume(decision, now).then(
    () => (stillAllowed() ? undefined : revoked(route)),
    (error: unknown) => notWritten(route, error),
  );
}

/** What was used once, without the use of `route` itself: that must not speak against what it has just allowed. */
export function usedByOthers({ once, decision }: TableRoute, uses: UseRecord): ReadonlySet<string> {
  if (once !== true || decision === undefined) return uses.used();
  const used = new Set(uses.used());
  used.delete(decision);
  return used;
}

function notWritten(route: TableRoute, error: unknown): Refusal {
  return {
    status: 503,
    code: "storage_failed",
    rule: "once",
    reason: `the one approved request to ${route.host} could not be written down (${error instanceof Error ? error.message : String(error)}), so it was not sent`,
  };
}

function revoked(route: TableRoute): Refusal {
  return { status: 403, code: "blocked", rule: "revoked", reason: `the approval for ${route.host} was taken back` };
}
