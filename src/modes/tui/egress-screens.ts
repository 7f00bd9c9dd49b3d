// The detail of one request, and what allowing it would allow, over the whole screen.

import type { ScreenProps } from "#components/dashboard.tsx";
import { insideOf } from "#components/pane.ts";
import { allowDetail } from "#components/tabs/egress/allow-detail.ts";
import { requestDetail } from "#components/tabs/egress/request-detail.ts";
import type { EgressRequest } from "#domain/egress/control.ts";
import { describeProposal } from "#domain/proposal/describe.ts";

import { layout, type Context } from "./context.ts";
import { allowProps } from "./in-view.ts";
import { pendingFor, proposalFor } from "./row-proposal.ts";
import type { AllowLayer, RequestLayer } from "./view.ts";

interface Screen {
  readonly screen: ScreenProps;
  readonly scrollable: number;
}

export function requestScreen(layer: RequestLayer, context: Context): Screen {
  const { slug, seq, verdict, scroll } = layer;
  const now = context.view.selected === slug ? context.traffic.requests.at(seq)?.request : undefined;
  const request = now?.id === layer.request.id ? now : layer.request;
  const inside = insideOf(layout(context).body);
  const allowing = allowingWords(slug, request, context);
  const rows = requestDetail({ slug, request, verdict, allowing, width: inside.width });
  return {
    screen: { type: "rows", title: "Request", rows, scroll },
    scrollable: Math.max(0, rows.length - inside.height),
  };
}

/** What the key for allowing would do, since a notice may be too short for why it does nothing. */
function allowingWords(slug: string, request: EgressRequest, { fleet, at }: Context): string {
  if (pendingFor(fleet, at, slug, request) !== undefined) return "a proposal about it waits in the inbox";
  if (request.verdict === "allow") return "";
  const proposal = proposalFor(slug, request);
  return "problem" in proposal ? `not possible: ${proposal.problem}` : describeProposal(proposal).title;
}

export function allowScreen(layer: AllowLayer, context: Context): Screen {
  const inside = insideOf(layout(context).body);
  const shown = allowProps(layer, context);
  const rows = shown === undefined ? [] : allowDetail({ ...shown, width: inside.width }).rows;
  return {
    screen: { type: "rows", title: "Allow this request", rows, scroll: layer.scroll },
    scrollable: Math.max(0, rows.length - inside.height),
  };
}
