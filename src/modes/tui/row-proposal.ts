// What would be decided about one request: the proposal that waits for it, or the rule that allowing it would make.

import type { EgressRequest } from "#domain/egress/control.ts";
import { covers } from "#domain/egress/covers.ts";
import type { Fleet, InboxItem } from "#domain/fleet/fleet.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";
import { ruleForRequest } from "#domain/proposal/rule-for-request.ts";

import { pendingItems } from "./context.ts";
import { messageOf } from "./message-of.ts";

/** The undecided proposal that this request made or waits for. */
export function pendingFor(fleet: Fleet, at: number, slug: string, request: EgressRequest): InboxItem | undefined {
  return pendingItems(fleet, at).find(({ proposal }) => proposal.bottle_slug === slug && isAbout(proposal, request));
}

function isAbout(proposal: Proposal, request: EgressRequest): boolean {
  switch (proposal.kind) {
    case "egress-block": {
      const { host, port, methods, path_allowlist } = proposal.payload;
      return covers(
        {
          host: host.toLowerCase(),
          ...(port === undefined ? {} : { port }),
          ...(methods === undefined ? {} : { methods }),
          ...(path_allowlist === undefined ? {} : { path_allowlist }),
        },
        request,
      );
    }
    case "dlp-match": {
      const { host, method, path, rule } = proposal.payload;
      if (host !== request.host) return false;
      const isNamed = request.findings?.some((finding) => finding.rule === rule) ?? false;
      return isNamed || (method === request.method && path.replace(/\?.*$/s, "") === request.path);
    }
    case "pipelock-block": {
      const { host, finding } = proposal.payload;
      return host === request.host && (request.findings?.some(({ rule }) => rule === finding) ?? false);
    }
    case "question":
      return false;
  }
}

/** The proposal that allowing this request makes and approves at once, as the console makes it; or why nothing can allow it. */
export function proposalFor(slug: string, request: EgressRequest): Proposal | { readonly problem: string } {
  const found = (request.findings ?? []).filter(({ action }) => action === "blocked");
  const never = found.find(
    ({ rule, direction }) => direction === "inbound" || rule === "canary" || rule.startsWith("own:"),
  );
  if (never !== undefined) return { problem: neverWords(never.rule, never.direction) };
  const common = {
    version: 1,
    id: `request-${request.id}`,
    bottle_slug: slug,
    created_at: request.at,
    digest: "",
    justification: "",
    origin: "blocked-request",
  } as const;
  const [finding] = found;
  if (finding !== undefined) {
    return { ...common, kind: "pipelock-block", payload: { host: request.host, finding: finding.rule } };
  }
  try {
    const { method, path } = request;
    return { ...common, kind: "egress-block", payload: { ...ruleForRequest(request), method, path } };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function neverWords(rule: string, direction: "outbound" | "inbound"): string {
  if (direction === "inbound")
    return `its answer was refused (${rule}): set dlp.inbound of the route to warn with e in the table`;
  if (rule === "canary")
    return "it carried the planted canary: nobody sends that by mistake, look at what the agent does";
  return `it carried one of this bottle's own secrets (${rule}): change dlp of the route, if that is right`;
}
