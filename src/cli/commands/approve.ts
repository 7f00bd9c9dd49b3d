// approve: says yes to one proposal, as it is or with changed fields.

import type { ApproveOptions, Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import type { Decision } from "#domain/proposal/decision.ts";
import { painter } from "#modes/print/paint.ts";
import { decisionText, proposalText } from "#modes/print/proposal-text.ts";

import { askYesNo, canAsk } from "../ask.ts";
import { wantsColor } from "../color.ts";
import { defineCommand, type CommandContext, type OptionTable } from "../command.ts";
import { Interrupted } from "../exit-code.ts";
import { parseMoment } from "../option-values.ts";
import { answer, note } from "../print.ts";
import { dockerfileFor } from "../proposal-warnings.ts";

/** `edit` takes them too. */
export const SCOPE_OPTIONS = {
  scope: {
    type: "string",
    value: "scope",
    describe: "how long it holds (default session)",
    choices: ["once", "session", "manifest"],
  },
  expires: { type: "string", value: "time", describe: "until when: 30m, 2h, or an ISO time" },
  notes: { type: "string", value: "text", describe: "for the agent to read; the answer, when it asked a question" },
} as const satisfies OptionTable;

export const approve = defineCommand({
  arguments: [{ name: "id", describe: "a pending proposal", completes: "proposal" }],
  options: {
    ...SCOPE_OPTIONS,
    set: {
      type: "string",
      value: "field=value",
      multiple: true,
      describe: "approve a changed rule: host, port, methods or path_allowlist; lists with commas, empty takes it away",
    },
    yes: { type: "boolean", short: "y", describe: "do not ask" },
  },
  details: [
    "In a terminal the rule is shown and asked about; elsewhere naming its id is the decision. It is bound to what the proposal says now: `applied` tells whether it is live.",
    "A Dockerfile is built and its bottle made anew from it, home and workspace kept: the steps are shown, Ctrl-C gives up.",
    "Scopes: once, the next matching request within 10 minutes; session, until the bottle stops or --expires; manifest, also kept in the bottle's definition.",
  ],
  examples: [
    "bottle-dash approve mfx12k3ab-c4d5e",
    "bottle-dash approve mfx12k3ab-c4d5e --scope once --set path_allowlist=/repos/acme/",
    "bottle-dash approve mfx12k3ab-c4d5e --notes 'use the second one'",
  ],
  async run({ args, options }, context) {
    const console = await context.console();
    const item = await console.proposal(args.id);
    const payload = await changedPayload(item, options.set);
    const decision = approval(item, options, context);
    if (!options.yes && !context.json && canAsk(context)) await showAndAsk(console, item, payload, context);
    const made = await approveWith(console, item, { ...decision, ...(payload !== undefined && { payload }) }, context);
    answer(context, made, () => decisionText(made, context.now(), painter(context.color)));
    if (made.applied?.ok !== false) return 0;
    return context.signal.aborted ? 130 : 1;
  },
});

/** Shows the steps of a build, which Ctrl-C gives up: the bottle then goes on as it was. */
export async function approveWith(
  console: Console,
  { proposal }: InboxItem,
  options: ApproveOptions,
  context: CommandContext,
): Promise<Decision> {
  if (proposal.kind !== "capability-block") return await console.approve(proposal.id, options);
  const { buildLines } = await import("../launching.ts");
  const giveUp = (): void => void console.close();
  context.signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await console.approve(proposal.id, options, buildLines(context));
  } finally {
    context.signal.removeEventListener("abort", giveUp);
  }
}

/** The approval that the options ask for. Throws `usage` when a question would be left unanswered. */
export function approval(
  { proposal }: InboxItem,
  options: {
    readonly scope: ApproveOptions["scope"] | undefined;
    readonly expires: string | undefined;
    readonly notes: string | undefined;
  },
  context: CommandContext,
): ApproveOptions {
  if (proposal.kind === "question" && (options.notes ?? "").trim() === "") {
    throw new BottleError("usage", "the agent asked a question", { hint: "answer it with --notes <text>" });
  }
  return {
    digest: proposal.digest,
    scope: options.scope ?? "session",
    ...(options.expires !== undefined && {
      expiresAt: parseMoment(options.expires, "--expires", context.now(), 1).toISOString(),
    }),
    ...(options.notes !== undefined && { notes: options.notes }),
  };
}

async function changedPayload({ proposal }: InboxItem, assignments: readonly string[]): Promise<unknown> {
  if (assignments.length === 0) return undefined;
  if (proposal.kind !== "egress-block") {
    throw new BottleError("usage", `--set changes a rule, and ${proposal.id} is a ${proposal.kind}`, {
      hint: SET_HINTS[proposal.kind],
    });
  }
  const { changedRule } = await import("../changed-rule.ts");
  return changedRule(proposal.payload, assignments);
}

const SET_HINTS = {
  question: "answer it with --notes <text>",
  "capability-block": "change the file with `bottle-dash edit`",
  "dlp-match": "approve or reject it as it is",
  "pipelock-block": "approve or reject it as it is",
} as const;

async function showAndAsk(console: Console, item: InboxItem, payload: unknown, context: CommandContext): Promise<void> {
  const { warningsFor } = await import("../proposal-warnings.ts");
  const warnings = await warningsFor(console, item, payload);
  const shown = payload === undefined ? item : ({ ...item, proposal: { ...item.proposal, payload } } as InboxItem);
  note(
    context,
    proposalText(
      shown,
      warnings,
      context.now(),
      painter(wantsColor(context.env, context.stderr.isTTY === true)),
      await dockerfileFor(console, item),
    ),
  );
  if (!(await askYesNo(context, "Approve it?"))) throw new Interrupted("nothing was decided");
}
