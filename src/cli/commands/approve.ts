// approve: says yes to one proposal, as it is or with changed fields.

import type { ApproveOptions, Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import { painter } from "#modes/print/paint.ts";
import { decisionText, proposalText } from "#modes/print/proposal-text.ts";

import { askYesNo, canAsk } from "../ask.ts";
import { wantsColor } from "../color.ts";
import { defineCommand, type CommandContext, type OptionTable } from "../command.ts";
import { Interrupted } from "../exit-code.ts";
import { parseMoment } from "../option-values.ts";
import { answer, note } from "../print.ts";

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
    const made = await console.approve(args.id, { ...decision, ...(payload !== undefined && { payload }) });
    answer(context, made, () => decisionText(made, context.now(), painter(context.color)));
    if (made.applied?.ok === false) return 1;
    return 0;
  },
});

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
      hint: proposal.kind === "question" ? "answer it with --notes <text>" : "approve or reject it as it is",
    });
  }
  const { changedRule } = await import("../changed-rule.ts");
  return changedRule(proposal.payload, assignments);
}

async function showAndAsk(console: Console, item: InboxItem, payload: unknown, context: CommandContext): Promise<void> {
  const { warningsFor } = await import("../proposal-warnings.ts");
  const warnings = await warningsFor(console, item, payload);
  const shown = payload === undefined ? item : ({ ...item, proposal: { ...item.proposal, payload } } as InboxItem);
  note(
    context,
    proposalText(shown, warnings, context.now(), painter(wantsColor(context.env, context.stderr.isTTY === true))),
  );
  if (!(await askYesNo(context, "Approve it?"))) throw new Interrupted("nothing was decided");
}
