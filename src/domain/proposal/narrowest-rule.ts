// The narrowest rule that would let one request through: the proxy suggests it, and the operator is shown the very same.

import type { AskedFor } from "#domain/egress/covers.ts";

import type { EgressBlockPayload } from "./proposal.ts";

const LONGEST_PREFIX = 1024;

/** An approval is for what is encrypted: of a request in the clear, for the same place with TLS. */
export function narrowestRule({ scheme, host, port, method, path }: AskedFor): EgressBlockPayload {
  return {
    host,
    port: scheme === "http" && port === 80 ? 443 : port,
    methods: [method],
    path_allowlist: [prefixFor(path)],
  };
}

/** The path written as a prefix that the table takes back: escaped, cut at a segment when very long. */
function prefixFor(path: string): string {
  const start = path.slice(0, LONGEST_PREFIX + 1).toWellFormed(); // escaped it is no shorter
  const escaped = encodeURI(start).replaceAll("?", "%3F").replaceAll("#", "%23");
  if (escaped.length > LONGEST_PREFIX) return escaped.slice(0, escaped.lastIndexOf("/", LONGEST_PREFIX - 1) + 1) || "/";
  return escaped === "" ? "/" : escaped;
}
