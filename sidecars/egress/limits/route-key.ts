// Which route a count belongs to, across reloads: what the route covers, not where it stands or what its limits are. An edit
// of a limit goes on with what was used; an edit of what is covered begins anew.

import type { TableRoute } from "#domain/egress/route.ts";
import { sha256 } from "#lib/hash.ts";

const keys = new WeakMap<TableRoute, string>();

/** `api.example.com:443`, and a short digest where it covers less than the whole host. */
export function routeKey(route: TableRoute): string {
  const known = keys.get(route);
  if (known !== undefined) return known;
  const { host, port = 443, path_allowlist, methods, matches, decision } = route;
  const narrower = [path_allowlist?.toSorted(), methods?.toSorted(), matches, decision];
  const whole = narrower.every((part) => part === undefined);
  const key = whole ? `${host}:${port}` : `${host}:${port}#${sha256(JSON.stringify(narrower)).slice(0, 12)}`;
  keys.set(route, key);
  return key;
}
