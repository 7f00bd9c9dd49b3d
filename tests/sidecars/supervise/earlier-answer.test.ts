import { expect, it } from "vitest";

import type { Decision } from "#domain/proposal/decision.ts";
import type { Proposal, ProposalDraft } from "#domain/proposal/proposal.ts";
import type { QueueItem } from "#lib/store/read-queue.ts";
import { earlierAnswer } from "#sidecars/supervise/earlier-answer.ts";

const now = new Date("2026-01-01T00:10:00Z");
const rule = { host: "a.test", methods: ["GET"] };
const draft: ProposalDraft = { kind: "egress-block", payload: rule, justification: "why", origin: "mcp" };
const question: ProposalDraft = { kind: "question", payload: { text: "?" }, justification: "", origin: "mcp" };

function item(id: string, asks: ProposalDraft, decision: Partial<Decision> | null): QueueItem {
  const decided = { status: "rejected", decided_at: "2026-01-01T00:09:00Z", ...decision } as Decision;
  return {
    proposal: { ...asks, id, bottle_slug: "b" } as Proposal,
    seen: null,
    decision: decision === null ? null : decided,
    undo: null,
  };
}
const found = (items: QueueItem[], read: string[] = []) => earlierAnswer(items, draft, new Set(read), now)?.proposal.id;

it("finds the newest answer to the same rule", () => {
  expect(found([item("1", draft, {}), item("2", draft, {}), item("3", draft, null)])).toBe("2");
});

it.each([
  ["one that the agent has read", item("1", draft, {}), ["1"]],
  ["one for another host", item("1", { ...draft, payload: { host: "b.test" } }, {}), []],
  ["one from ten minutes ago", item("1", draft, { decided_at: "2026-01-01T00:00:00Z" }), []],
  ["an approval that is over", item("1", draft, { status: "approved", expires_at: "2026-01-01T00:09:59Z" }), []],
  ["one that was taken back", { ...item("1", draft, {}), undo: {} as QueueItem["undo"] }, []],
  ["one that waits", item("1", draft, null), []],
])("does not take %s", (_, one, read) => {
  expect(found([one], read)).toBeUndefined();
});

it("never answers a question with the answer to another", () => {
  expect(earlierAnswer([item("1", question, {})], question, new Set(), now)).toBeUndefined();
});
