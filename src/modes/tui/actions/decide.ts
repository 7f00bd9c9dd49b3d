// Deciding about proposals. Only what is on the screen, in the version that was looked at, can be decided.

import type { InboxItem } from "#domain/fleet/fleet.ts";
import { isAlarm } from "#domain/fleet/urgency.ts";

import { itemAtHand, itemInView, pendingItems, undecidable, unsettled, type Context } from "../context.ts";
import { answerForm, editForm, rejectForm } from "../forms.ts";
import { notRebuildable } from "../possible.ts";
import { scopeProblem, SCOPES } from "../scopes.ts";
import { notify, pop, push, replaceTop, step, top, type Effect, type Layer, type Step, type View } from "../view.ts";

import { type Action, type Place } from "./action.ts";

const DECIDING: readonly Place[] = ["main", "inbox", "proposal"]; // in the tab Egress the keys are about its rows
const IN_DETAIL: readonly Place[] = ["inbox", "proposal"];

const decidable = (context: Context): true | string => undecidable(context) ?? true;

/** Nobody allows a canary: it is looked at. What a backend cannot build is not begun. */
const approvable = (context: Context): true | string => {
  const item = itemAtHand(context);
  const cannot = item?.proposal.kind === "capability-block" ? notRebuildable(context, item.proposal.bottle_slug) : true;
  if (cannot !== true) return cannot;
  return item !== undefined && isAlarm(item.proposal) && itemInView(context) !== undefined
    ? "nothing lets a canary pass: look at what the agent does, then reject this"
    : decidable(context);
};

export const decide: readonly Action[] = [
  {
    id: "approve",
    title: "approve",
    titleNow: (context) => approveTitle(itemAtHand(context)),
    description:
      "Approve with the default scope, once the rule was on the screen; the first press opens it. Answers a question, builds a Dockerfile",
    keys: ["a"],
    places: DECIDING,
    enabled: approvable,
    run: approve,
    footer: 10,
  },
  {
    id: "approve-scope",
    title: "approve for…",
    description: "Approve once, for an hour, until the bottle stops, or kept in the definition",
    keys: ["A"],
    places: DECIDING,
    enabled: (context) => {
      const kind = itemAtHand(context)?.proposal.kind;
      if (kind === "question") return "an answer has no scope";
      return kind === "capability-block"
        ? "what was built stays, resume included: it has no scope"
        : approvable(context);
    },
    run: (context) =>
      whenInView(context, ({ proposal: { id, digest } }) =>
        step(push(context.view, { type: "scope", id, digest, index: 2 })),
      ),
    footer: 12,
  },
  {
    id: "edit-rule",
    title: "edit",
    description: "Change the rule, see what it would then allow, and approve it so",
    keys: ["e"],
    places: DECIDING,
    enabled: (context) => {
      const kind = itemAtHand(context)?.proposal.kind;
      if (kind === "capability-block") return approvable(context);
      return kind === "egress-block" ? decidable(context) : noRule(context);
    },
    run: (context) =>
      whenInView(context, (item) => {
        const { id, digest, kind } = item.proposal;
        return kind === "capability-block"
          ? step(context.view, { type: "edit-in-editor", id, digest })
          : step(push(context.view, editForm(item)));
      }),
    footer: 14,
  },
  {
    id: "reject",
    title: "reject",
    titleNow: (context) => {
      const item = itemAtHand(context);
      return item !== undefined && isAlarm(item.proposal) ? "looked at" : "reject";
    },
    description: "Reject, with a reason that the agent reads",
    keys: ["x"],
    places: DECIDING,
    enabled: decidable,
    run: reject,
    footer: 16,
  },
  {
    id: "undo",
    title: "undo",
    description: "Take a decision back: removes exactly what it added, or asks a rejected proposal again",
    keys: ["u"],
    places: IN_DETAIL,
    enabled: undoable,
    run: confirmUndo,
    footer: 18,
  },
  {
    id: "open-proposal",
    title: "open",
    description: "Show the proposal on the whole screen",
    keys: ["enter"],
    places: ["inbox"],
    enabled: (context) => (itemAtHand(context) === undefined ? "no proposal is selected" : true),
    run: (context) => showItem(context),
    footer: 20,
  },
  {
    id: "scope-choose",
    title: "approve",
    titleNow: (context) => (itemAtHand(context)?.proposal.kind === "question" ? "answer" : "approve"),
    description: "Approve with the chosen scope",
    keys: ["enter"],
    places: ["scope"],
    enabled: (context) => {
      const layer = top(context.view);
      const chosen = SCOPES[layer?.type === "scope" ? layer.index : 0] ?? SCOPES[0];
      return scopeProblem(chosen.approval, itemAtHand(context)?.proposal) ?? true;
    },
    run: chooseScope,
    footer: 1,
    motion: true,
  },
  ...SCOPES.map(({ title, approval }, index): Action => ({
    id: `scope-${index + 1}`,
    title,
    description: `Approve ${title}`,
    keys: [String(index + 1)],
    places: ["scope"],
    enabled: (context) => scopeProblem(approval, itemAtHand(context)?.proposal) ?? true,
    run: (context) => {
      const layer = top(context.view);
      return layer?.type === "scope"
        ? chooseScope({ ...context, view: replaceTop(context.view, { ...layer, index }) })
        : step(context.view);
    },
    motion: true,
  })),
];

function noRule(context: Context): string {
  const kind = itemAtHand(context)?.proposal.kind;
  if (kind === undefined) return "no proposal is selected";
  return kind === "question"
    ? "a question has no rule to edit"
    : "a finding is let through or not: there is no rule to edit (`dlp: {outbound_on_match: redact}` of a route stars out)";
}

/** Opens what is not on the screen; otherwise decides, when it was there for long enough. */
function whenInView(context: Context, decideOn: (item: InboxItem) => Step): Step {
  const item = itemInView(context);
  if (item === undefined) return showItem(context);
  const early = unsettled(context, item.proposal);
  return early === undefined ? decideOn(item) : step(notify(context.view, "ask", early));
}

function showItem(context: Context): Step {
  const { view } = context;
  const item = itemAtHand(context);
  if (item === undefined) return step(view);
  if (top(view)?.type === "proposal") return step(notify(view, "ask", "read on to the end of the rule first (PgDn)"));
  const layer: Layer = { type: "proposal", id: item.proposal.id, scroll: 0 };
  return step(push({ ...view, selected: item.proposal.bottle_slug }, layer));
}

/** The form for an answer shows what is asked; a rule has to be looked at first. */
function approve(context: Context): Step {
  const { view } = context;
  const asked = itemAtHand(context);
  if (asked?.proposal.kind === "question") return step(push(view, answerForm(asked, view.size)));
  return whenInView(context, ({ proposal: { id, digest, kind } }) => {
    const scope = kind === "capability-block" ? "session" : view.defaultScope;
    return decided(context, id, { type: "approve", id, digest, approval: { scope } });
  });
}

function approveTitle(item: InboxItem | undefined): string {
  if (item?.proposal.kind === "question") return "answer";
  return item?.proposal.kind === "capability-block" ? "build it" : "approve";
}

/** The form says what is rejected, so that what is typed next is the reason and nothing else. */
function reject(context: Context): Step {
  const item = itemAtHand(context);
  if (item === undefined) return step(context.view);
  return step(push(context.view, rejectForm(item, context.words(item).title)));
}

/** Sends the decision off and goes on: back from a detail, to the next one in the inbox. */
export function decided(context: Context, id: string, effect: Effect): Step {
  const working = { ...context.view.working, [id]: effect.type };
  return step(leaveItem({ ...context, view: { ...context.view, working } }, id), effect);
}

function leaveItem({ view, fleet, at }: Context, id: string): View {
  const bare = { ...view, stack: view.stack.filter(({ type }) => type !== "form" && type !== "scope") };
  const layer = top(bare);
  if (layer?.type === "proposal" && layer.id === id) return pop(bare);
  if (layer?.type !== "inbox") return bare;
  const items = pendingItems(fleet, at);
  const index = items.findIndex(({ proposal }) => proposal.id === id);
  const next = items[index + 1] ?? items[index - 1] ?? items[index];
  return replaceTop(bare, { ...layer, selected: next?.proposal.id ?? layer.selected, scroll: 0 });
}

function undoable(context: Context): true | string {
  const item = itemAtHand(context);
  if (item === undefined) return "no proposal is selected";
  if (item.undo !== null) return "it was undone already";
  if (item.decision === null) return "nothing was decided yet";
  return item.proposal.id in context.view.working ? "a decision is on its way" : true;
}

function confirmUndo(context: Context): Step {
  const item = itemAtHand(context);
  if (item === undefined || item.decision === null) return step(context.view);
  const again =
    item.decision.status === "rejected"
      ? "The proposal is asked again."
      : item.proposal.kind === "capability-block"
        ? "The bottle is made from what it was made from before; what its agent is doing ends."
        : "Exactly what the decision added is removed.";
  return step(
    push(context.view, {
      type: "confirm",
      lines: [`Undo “${item.decision.status}”?`, again],
      safe: "Keep it",
      act: "Undo",
      focus: "safe",
      effect: { type: "undo", id: item.proposal.id },
    }),
  );
}

function chooseScope(context: Context): Step {
  const layer = top(context.view);
  if (layer?.type !== "scope") return step(context.view);
  const { id, digest, index } = layer;
  const { approval } = SCOPES[index] ?? SCOPES[0];
  return decided(context, id, { type: "approve", id, digest, approval });
}
