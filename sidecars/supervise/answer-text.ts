// What an agent is told of its proposal: one member a line, the operator's notes last.

import { plainLines } from "#domain/plain-text.ts";
import type { Decision } from "#domain/proposal/decision.ts";
import type { QueueItem } from "#lib/store/read-queue.ts";

export function pendingText(id: string): string {
  return members([
    ["status", "pending"],
    ["proposal", id],
    ["notes", "the operator has not decided yet; call proposal-status with this id to wait on"],
  ]);
}

/** Of a proposal with a decision. */
export function answerText({ proposal, decision, undo }: QueueItem & { readonly decision: Decision }): string {
  const { status, scope, expires_at, applied, notes, final_payload } = decision;
  const rejected = status === "rejected";
  const rule = proposal.kind === "egress-block" && !rejected;
  return members([
    ["status", status],
    ["proposal", proposal.id],
    ["undone", undo === null ? undefined : `yes${undo.reopened_as === undefined ? "" : `, asked anew as ${undo.reopened_as}`}`],
    ["live", rejected || applied === undefined ? undefined : `${applied.ok ? "yes" : "no"}, ${applied.detail}`],
    ["scope", rule ? scope : undefined],
    ["until", rule ? expires_at : undefined],
    ["allowed", rule && status === "modified" ? JSON.stringify(final_payload) : undefined],
    ["notes", notes.trim() === "" ? "none" : plainLines(notes).join("\n")],
  ]);
}

function members(of: readonly (readonly [string, string | undefined])[]): string {
  return of.flatMap(([name, value]) => (value === undefined ? [] : `${name}: ${value}`)).join("\n");
}
