// From one request that the operator points at to the narrowest rule that would let it through.

import { BottleError } from "#domain/bottle-error.ts";
import type { AskedFor } from "#domain/egress/covers.ts";
import { isPlainPath, isRuleHost } from "#domain/egress/table.ts";

import type { EgressBlockPayload } from "./proposal.ts";

/** Throws `refused` for one that no rule can allow. The same rule as the proxy suggests, so that the two fold. */
export function ruleForRequest({ scheme, host, port, method, path }: AskedFor): EgressBlockPayload {
  const no = (what: string, hint: string): BottleError => new BottleError("refused", what, { where: host, hint });
  if (!isRuleHost(host))
    throw no(`${host} is no name, and rules are for names`, "pin a name to the address under `egress.hosts`");
  if (method === "CONNECT") {
    throw no(
      "a tunnel is not allowed from one request",
      "add a route with `raw_tcp` and a port, if anything may pass there",
    );
  }
  if (method === "TRACE" || method === "TRACK")
    throw no(`${method} is refused everywhere`, "it would show credentials");
  if (path.endsWith("/git-receive-pack"))
    throw no("git push goes through the git gate", "name the repository under `git-gate`");
  const prefix = prefixFor(path);
  if (!isPlainPath(prefix))
    throw no("its path can be read in two ways, so no rule can name it", "add a wider rule by hand");
  return {
    host,
    port: scheme === "http" && port === 80 ? 443 : port,
    methods: [method],
    path_allowlist: [prefix],
  };
}

/** The path written as a prefix that the table takes back: escaped, cut at a segment when very long. */
function prefixFor(path: string): string {
  const escaped = encodeURI(path === "" ? "/" : path)
    .replaceAll("?", "%3F")
    .replaceAll("#", "%23");
  if (escaped.length <= 1024) return escaped;
  return escaped.slice(0, escaped.lastIndexOf("/", 1023) + 1) || "/";
}
