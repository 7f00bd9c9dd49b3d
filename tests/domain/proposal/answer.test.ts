import { describe, expect, test } from "vitest";

import { answerText } from "#domain/proposal/answer.ts";
import type { Decision, Undo } from "#domain/proposal/decision.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";

const NOW = new Date("2026-11-20T12:00:00.000Z");
const LATER = "2026-11-20T13:00:00.000Z";
const EARLIER = "2026-11-20T11:00:00.000Z";
const rule = { id: "0123456789-abc", kind: "egress-block", payload: { host: "x.io" }, origin: "mcp" } as Proposal;
const question = { ...rule, kind: "question", payload: { text: "?" } } as Proposal;

const decided = (more: Partial<Decision> = {}): Decision => ({
  version: 1,
  id: rule.id,
  digest: "",
  status: "approved",
  scope: "session",
  notes: "",
  decided_by: "ann",
  decided_at: "",
  ...more,
});
const answer = (proposal: Proposal, decision: Decision | null = null, undo: Partial<Undo> | null = null): string[] =>
  answerText({ proposal, seen: null, decision, undo: undo as Undo | null }, NOW).split("\n");
const live = { ok: true, detail: "live", policy_version: 2 };

describe("what an agent reads", () => {
  test("while nobody decided", () => {
    expect(answer(rule)).toEqual([
      "status: pending",
      "id: 0123456789-abc",
      "notes: the operator has not decided yet; ask again with proposal-status",
    ]);
  });

  test("when nobody decided in time", () => {
    expect(answer({ ...rule, deadline: EARLIER })[0]).toBe("status: expired");
  });

  test("of a rejection is the reason", () => {
    expect(answer(rule, decided({ status: "rejected", notes: "use the mirror" }))).toEqual([
      "status: rejected",
      "notes: use the mirror",
    ]);
    expect(answer(rule, decided({ status: "rejected" }))).toEqual(["status: rejected", "notes: none"]);
  });

  test("of an approval is whether it is live, and for how long", () => {
    expect(answer(rule, decided({ applied: live }))).toEqual([
      "status: approved",
      "live: yes",
      "scope: until this bottle stops",
      "notes: none",
    ]);
    expect(answer(rule, decided({ applied: live, scope: "once", expires_at: LATER }))).toContain(
      `scope: the next matching request, until ${LATER}`,
    );
    expect(answer(rule, decided({ applied: live, expires_at: LATER }))).toContain(`scope: until ${LATER}`);
    expect(answer(rule, decided({ applied: live, scope: "manifest" }))).toContain("scope: kept for later bottles too");
  });

  test("of an approval that is not live is why", () => {
    expect(answer(rule, decided())).toEqual(["status: approved", "live: not yet, it is being applied", "notes: none"]);
    expect(answer(rule, decided({ applied: { ok: false, detail: "the bottle is gone" } }))).toContain(
      "live: no, it could not be applied: the bottle is gone",
    );
    expect(answer(rule, decided({ applied: live, expires_at: EARLIER }))).toContain(`live: no, it ended at ${EARLIER}`);
  });

  test("of a changed rule is what was approved instead", () => {
    const decision = decided({ status: "modified", applied: live, final_payload: { host: "x.io", methods: ["GET"] } });
    expect(answer(rule, decision)).toContain("approved instead: GET on https://x.io:443, any path");
  });

  test("of a question is the answer", () => {
    expect(answer(question, decided({ notes: "main", applied: { ok: true, detail: "answered" } }))).toEqual([
      "status: approved",
      "notes: main",
    ]);
  });

  test("of what was undone says so, and where it is asked again", () => {
    expect(answer(rule, decided({ applied: live }), { notes: "sorry" })).toEqual(["status: undone", "notes: sorry"]);
    expect(answer(rule, decided({ status: "rejected" }), { notes: "", reopened_as: "new-id" })).toContain(
      "reopened as: new-id",
    );
  });
});
