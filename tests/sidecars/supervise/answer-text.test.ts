import { expect, it } from "vitest";

import type { Decision } from "#domain/proposal/decision.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";
import { answerText, pendingText } from "#sidecars/supervise/answer-text.ts";

const proposal = { id: "0mi2k3j4a-abcde", kind: "egress-block", payload: { host: "a.test" } } as Proposal;
const base = { version: 1, id: proposal.id, digest: "", scope: "once", decided_by: "me", decided_at: "2026-01-01T00:00:00Z" } as const;
const text = (decision: Partial<Decision>) =>
  answerText({ proposal, seen: null, undo: null, decision: { ...base, status: "approved", notes: "", ...decision } }).split("\n");

it("says pending with the id that proposal-status takes", () => {
  expect(pendingText("0mi2k3j4a-abcde").split("\n").slice(0, 2)).toEqual(["status: pending", "proposal: 0mi2k3j4a-abcde"]);
});

it("says for an approval whether it is live, how far it goes and until when", () => {
  const applied = { ok: true, detail: "the proxy shows it" };
  expect(text({ applied, expires_at: "2026-01-01T00:10:00Z" })).toEqual([
    "status: approved",
    "proposal: 0mi2k3j4a-abcde",
    "live: yes, the proxy shows it",
    "scope: once",
    "until: 2026-01-01T00:10:00Z",
    "notes: none",
  ]);
});

it("gives a rejection nothing but its reason", () => {
  expect(text({ status: "rejected", notes: "use the mirror" })).toEqual([
    "status: rejected",
    "proposal: 0mi2k3j4a-abcde",
    "notes: use the mirror",
  ]);
});

it("says that a decision was taken back", () => {
  const undo = { version: 1, id: proposal.id, digest: "", notes: "", decided_by: "me", decided_at: base.decided_at, reopened_as: "0mi2k3j4b-abcde" } as const;
  const decision = { ...base, status: "rejected", notes: "no" } as const;
  expect(answerText({ proposal, seen: null, undo, decision })).toContain("undone: yes, asked anew as 0mi2k3j4b-abcde");
});
