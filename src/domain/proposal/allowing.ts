// What allowing one request that was seen decides: the proposal about it that waits, or the one that is made of it and
// approved at once. Whoever shows it and whoever does it ask here, so that what is approved is what was shown.

import { BottleError } from "#domain/bottle-error.ts";
import type { EgressFinding, EgressRequest } from "#domain/egress/control.ts";
import { covers } from "#domain/egress/covers.ts";
import { canonicalJson } from "#domain/json.ts";

import { CANARY_RULE, OWN_RULE } from "./approved-exception.ts";
import type { Proposal, ProposalOf } from "./proposal.ts";
import { ruleForRequest } from "./rule-for-request.ts";

/** Of a request: what its approval would make. */
export type RequestDraft = { [K in "egress-block" | "pipelock-block"]: Pick<ProposalOf<K>, "kind" | "payload"> }[
  | "egress-block"
  | "pipelock-block"];

export type Allowing =
  | { readonly type: "waiting"; readonly proposal: Proposal }
  /** `clear`: the rule lets plain HTTP pass as well, which no approval does: it is the operator's own edit. */
  | { readonly type: "new"; readonly draft: RequestDraft; readonly clear: boolean };

/** `pending` are the undecided proposals of its bottle. Throws `refused`, with the reason, where nothing can allow it. */
export function allowingOf(request: EgressRequest, pending: readonly Proposal[]): Allowing {
  const proposal = pending.find((one) => isAbout(one, request));
  return proposal === undefined
    ? { type: "new", draft: draftFor(request), clear: request.scheme === "http" }
    : { type: "waiting", proposal };
}

/** The same for what reads the same: whoever was shown one thing must not approve another. */
export function shownKey(allowing: Allowing): string {
  if (allowing.type === "waiting") return canonicalJson([allowing.proposal.id, allowing.proposal.digest]);
  const { draft, clear } = allowing;
  return canonicalJson([draft.kind, draft.payload, clear]);
}

/** True for a proposal that this request made or waits for, or that would let it pass. */
export function isAbout(proposal: Proposal, request: EgressRequest): boolean {
  switch (proposal.kind) {
    case "egress-block": {
      const { host, port, methods, path_allowlist } = proposal.payload;
      const route = {
        host: host.toLowerCase(),
        ...(port === undefined ? {} : { port }),
        ...(methods === undefined ? {} : { methods }),
        ...(path_allowlist === undefined ? {} : { path_allowlist }),
      };
      return covers(route, request);
    }
    case "dlp-match": {
      const { host, method, path, rule } = proposal.payload;
      if (host !== request.host) return false;
      return found(request, rule) || (method === request.method && path.replace(/\?.*$/s, "") === request.path);
    }
    case "pipelock-block":
      return proposal.payload.host === request.host && found(request, proposal.payload.finding);
    case "capability-block":
    case "question":
      return false;
  }
}

function found({ findings = [] }: EgressRequest, rule: string): boolean {
  return findings.some((finding) => finding.rule === rule);
}

function draftFor(request: EgressRequest): RequestDraft {
  const { host, port, scheme, method, path, findings = [] } = request;
  const finding = stoppedBy(host, findings);
  if (finding !== undefined) return { kind: "pipelock-block", payload: { host, finding } };
  const rule = ruleForRequest(request);
  return {
    kind: "egress-block",
    payload: { ...rule, ...(scheme === "http" ? { port } : {}), method, path: path.slice(0, 8192) },
  };
}

/** The finding that kept the request back, or was starred out of it. Throws `refused` for one that is never let through from here. */
function stoppedBy(host: string, findings: readonly EgressFinding[]): string | undefined {
  const stopped = findings.filter(
    ({ action, direction }) => action === "blocked" || (action === "redacted" && direction === "outbound"),
  );
  const own = stopped.find(({ rule }) => rule === CANARY_RULE || rule.startsWith(OWN_RULE));
  if (own?.rule === CANARY_RULE) {
    throw new BottleError("refused", "it carried the planted canary", {
      where: `${host}, ${own.where}`,
      hint: "nobody sends that by mistake: look at what the agent does",
    });
  }
  if (own !== undefined) {
    throw new BottleError("refused", `it carried one of this bottle's own secrets (${own.rule})`, {
      where: `${host}, ${own.where}`,
      hint: "change `dlp` of the route, if that is right",
    });
  }
  const inbound = stopped.find(({ direction }) => direction === "inbound");
  if (inbound !== undefined) {
    throw new BottleError("refused", `its answer was refused: ${inbound.rule}`, {
      where: host,
      hint: "edit the table (`bottle-dash egress <slug> edit`) and set `dlp.inbound` of the route to warn",
    });
  }
  return stopped[0]?.rule;
}
