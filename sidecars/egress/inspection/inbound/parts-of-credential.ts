// What of a route's credential must not come back: the values that were sent, and what a server makes of them.

import type { TableRoute } from "#domain/egress/route.ts";

import { SHORTEST_SECRET } from "../echo/spellings.ts";

/** Of Basic, the password alone is a secret too: servers decode the header and answer with its halves. */
export function partsOfCredential(credential: readonly string[], { auth }: TableRoute): readonly string[] {
  if (auth?.scheme !== "Basic") return credential;
  const passwords = credential
    .map((value) => (value.includes(":") ? value : Buffer.from(value, "base64").toString("latin1")))
    .map((pair) => pair.slice(pair.indexOf(":") + 1))
    .filter(({ length }) => length >= SHORTEST_SECRET);
  return [...new Set([...credential, ...passwords])];
}
