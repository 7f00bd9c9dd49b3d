// What the operator allowed before, as far as it is on the screen's own data: the measure of what is new.

import type { RouteTable } from "#domain/egress/route.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";

import type { Knowledge } from "./warnings.ts";

/** From the tables in force and the approved proposals of all bottles, but for `self`. */
export function knowledgeOf(inbox: readonly InboxItem[], tables: readonly RouteTable[], self?: string): Knowledge {
  const routes = tables
    .flatMap(({ routes }) => routes)
    .filter(({ decision }) => self === undefined || decision !== self);
  const approved = inbox.flatMap(({ proposal, decision, undo }) => {
    if (proposal.id === self || proposal.kind !== "egress-block" || decision === null || undo !== null) return [];
    if (decision.status === "rejected") return [];
    return [
      decision.final_payload !== undefined && "host" in decision.final_payload
        ? decision.final_payload
        : proposal.payload,
    ];
  });
  const hosts = [...routes, ...approved];
  return {
    knownHosts: [...new Set(hosts.map(({ host }) => host.toLowerCase()))],
    credentialHosts: [...new Set(hosts.filter(({ auth }) => auth !== undefined).map(({ host }) => host.toLowerCase()))],
  };
}
