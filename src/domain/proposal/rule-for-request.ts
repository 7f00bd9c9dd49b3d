// From one request that the operator points at to the narrowest rule that would let it through.

import { BottleError } from "#domain/bottle-error.ts";
import type { AskedFor } from "#domain/egress/covers.ts";
import { isPlainPath, isRuleHost } from "#domain/egress/table.ts";

import { narrowestRule } from "./narrowest-rule.ts";
import type { EgressBlockPayload } from "./proposal.ts";

/** Throws `refused` for one that no rule can allow. Else the one that the proxy suggests. */
export function ruleForRequest(asked: AskedFor): EgressBlockPayload {
  const { host, method, path } = asked;
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
  const rule = narrowestRule(asked);
  if (rule.path_allowlist?.every(isPlainPath) !== true)
    throw no("its path can be read in two ways, so no rule can name it", "add a wider rule by hand");
  return rule;
}
