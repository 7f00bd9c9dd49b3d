// What an agent reads when its proposal is looked up: plain text, one fact a line.

import { INSIDE } from "#domain/boot/protocol.ts";
import { statusOf, type InboxItem } from "#domain/fleet/fleet.ts";

import type { Decision } from "./decision.ts";
import { describeRule } from "./describe.ts";
import { EgressBlockPayload, type ProposalKind } from "./proposal.ts";

/** `status: …`, then for an approval `live: yes|no, …` and what was approved when it was changed, then `notes: …`. */
export function answerText(item: Omit<InboxItem, "use">, now: Date): string {
  const status = statusOf({ ...item, use: null }, now);
  const { decision, undo, proposal } = item;
  switch (status) {
    case "pending":
      return lines([
        "status: pending",
        `id: ${proposal.id}`,
        "notes: the operator has not decided yet; ask again with proposal-status",
      ]);
    case "expired":
      return lines([
        `status: expired`,
        `id: ${proposal.id}`,
        "notes: nobody decided in time; ask again when you still need it",
      ]);
    case "undone":
      return lines(["status: undone", ...reopened(undo?.reopened_as), notes(undo?.notes ?? "")]);
    case "rejected":
      return lines(["status: rejected", notes(decision?.notes ?? "")]);
    case "approved":
    case "modified":
      return decision === null ? "" : approvedText(item, decision, now);
  }
}

function approvedText({ proposal }: Omit<InboxItem, "use">, decision: Decision, now: Date): string {
  const { kind } = proposal;
  const answered = kind === "question";
  return lines([
    `status: ${decision.status}`,
    ...(answered ? [] : [liveLine(kind, decision, now)]),
    ...changed(decision),
    ...(answered || decision.applied?.ok !== true
      ? []
      : [kind === "capability-block" ? "scope: kept with this bottle" : lifetime(decision)]),
    notes(decision.notes),
  ]);
}

function liveLine(kind: ProposalKind, { applied, expires_at }: Decision, now: Date): string {
  if (applied === undefined) {
    return kind === "capability-block"
      ? "live: not yet, the image is being built; ask again with proposal-status"
      : "live: not yet, it is being applied";
  }
  if (!applied.ok) return `live: no, it could not be applied: ${applied.detail}`;
  if (expires_at !== undefined && new Date(expires_at) <= now) return `live: no, it ended at ${expires_at}`;
  return "live: yes";
}

function lifetime({ scope, expires_at }: Decision): string {
  const until = expires_at === undefined ? "" : `, until ${expires_at}`;
  switch (scope) {
    case "once":
      return `scope: the next matching request${until}`;
    case "session":
      return expires_at === undefined ? "scope: until this bottle stops" : `scope: until ${expires_at}`;
    case "manifest":
      return `scope: kept for later bottles too${until}`;
  }
}

function changed({ status, final_payload }: Decision): string[] {
  if (status !== "modified" || final_payload === undefined) return [];
  if ("dockerfile" in final_payload)
    return [`approved instead: another Dockerfile, see ${INSIDE.currentConfig}/Dockerfile`];
  if (!("host" in final_payload)) return [];
  return [`approved instead: ${describeRule(EgressBlockPayload.parse(final_payload))}`];
}

function reopened(id: string | undefined): string[] {
  return id === undefined ? [] : [`reopened as: ${id}`];
}

function notes(text: string): string {
  return `notes: ${text === "" ? "none" : text}`;
}

function lines(all: readonly string[]): string {
  return all.join("\n");
}
