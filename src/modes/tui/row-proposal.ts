// What would be decided about one request, as the dashboard shows it: the proposal that waits for it, or the one that
// allowing it makes.

import type { EgressRequest } from "#domain/egress/control.ts";
import type { Fleet, InboxItem } from "#domain/fleet/fleet.ts";
import { type Allowing, allowingOf, isAbout } from "#domain/proposal/allowing.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";

import { pendingItems } from "./context.ts";
import { messageOf } from "./message-of.ts";

/** The undecided proposal that this request made or waits for. */
export function pendingFor(fleet: Fleet, at: number, slug: string, request: EgressRequest): InboxItem | undefined {
  return pendingItems(fleet, at).find(({ proposal }) => proposal.bottle_slug === slug && isAbout(proposal, request));
}

/** What is made when nothing waits for it; or why nothing can allow it. */
export function newRuleFor(request: EgressRequest): Extract<Allowing, { type: "new" }> | { readonly problem: string } {
  try {
    const allowing = allowingOf(request, []);
    return allowing.type === "new" ? allowing : { problem: "a proposal waits for it" };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/** That as a proposal to show, before it is one; or why nothing can allow it. */
export function proposalFor(slug: string, request: EgressRequest): Proposal | { readonly problem: string } {
  const made = newRuleFor(request);
  if ("problem" in made) return made;
  return {
    version: 1,
    id: `request-${request.id}`,
    bottle_slug: slug,
    created_at: request.at,
    digest: "",
    justification: "",
    origin: "blocked-request",
    ...made.draft,
  };
}
