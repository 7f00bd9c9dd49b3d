// Whether a route that an approval added still holds: not expired, and where it was for one request, not used.

import type { TableRoute } from "#domain/egress/route.ts";

import type { Candidate } from "./table-index.ts";

/** `usedOnce` are the ids of the decisions whose one request has gone out. */
export function isLive({ route, expiresAt }: Candidate, now: Date, usedOnce: ReadonlySet<string>): boolean {
  if (!(expiresAt > now.getTime())) return false;
  return !(route.once === true && (route.decision === undefined || usedOnce.has(route.decision)));
}

/** Why a route that is not live does not allow `host` any more. */
export function overReason(
  route: TableRoute,
  host: string,
  usedOnce: ReadonlySet<string>,
): { readonly rule: string; readonly reason: string } {
  const used = route.once === true && route.decision !== undefined && usedOnce.has(route.decision);
  return used
    ? { rule: "once", reason: `the one request to ${host} that was approved has gone out` }
    : { rule: "expires_at", reason: `the approval for ${host} ended at ${route.expires_at ?? "its time"}` };
}
