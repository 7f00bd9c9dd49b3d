// What is on the screen so that it can be decided: a proposal, or the rule that allowing a request would make.

import { insideOf } from "#components/pane.ts";
import { allowDetail, type AllowDetailProps } from "#components/tabs/egress/allow-detail.ts";
import { shownKey } from "#domain/proposal/allowing.ts";

import { itemInView, layout, type Context } from "./context.ts";
import { wordsOf } from "./proposal-words.ts";
import { newRuleFor, proposalFor } from "./row-proposal.ts";
import { background, type AllowLayer, type InView } from "./view.ts";

export function inViewNow(context: Context): InView | null {
  const seen = subjectInView(context);
  if (seen === undefined) return null;
  const { inView } = context.view;
  return inView?.id === seen.id && inView.digest === seen.digest ? inView : { ...seen, since: context.at };
}

function subjectInView(context: Context): Pick<InView, "id" | "digest"> | undefined {
  const layer = background(context.view);
  if (layer?.type === "allow") return allowInView(context, layer) ? allowSubject(layer) : undefined;
  const { id, digest } = itemInView(context)?.proposal ?? {};
  return id === undefined || digest === undefined ? undefined : { id, digest };
}

/** What is looked at when a request is to be allowed: another rule is another subject. */
export function allowSubject({ slug, request }: AllowLayer): Pick<InView, "id" | "digest"> {
  const made = newRuleFor(request);
  const digest = "problem" in made ? "" : shownKey(made);
  return { id: `allow ${slug} ${request.id} ${request.at}`, digest };
}

/** The rows of the detail without which nobody should decide are, or were, on the screen. */
export function allowInView(context: Context, layer: AllowLayer): boolean {
  const { body, kind } = layout(context);
  const shown = allowProps(layer, context);
  if (kind === "tiny" || shown === undefined) return false;
  const inside = insideOf(body);
  const { vital } = allowDetail({ ...shown, width: inside.width });
  return layer.scroll + inside.height >= vital;
}

export function allowProps(
  { slug, request }: AllowLayer,
  { fleet, traffic }: Pick<Context, "fleet" | "traffic">,
): Omit<AllowDetailProps, "width"> | undefined {
  const proposal = proposalFor(slug, request);
  if ("problem" in proposal) return undefined;
  const tables = traffic.status === null ? [] : [traffic.status.table];
  return { slug, request, proposal, words: wordsOf(proposal, fleet.inbox, tables) };
}
