import { describe, expect, test } from "vitest";

import type { InboxItem } from "#domain/fleet/fleet.ts";
import { idsToArchive } from "#domain/proposal/archive-policy.ts";

const NOW = new Date("2026-11-20T12:00:00.000Z");
const ago = (minutes: number): string => new Date(NOW.getTime() - minutes * 60_000).toISOString();

const item = (decision: object | null, more: object = {}, kind = "egress-block", id = "1"): InboxItem =>
  ({
    proposal: { id, kind },
    seen: null,
    decision:
      decision === null
        ? null
        : {
            status: "approved",
            scope: "session",
            decided_at: ago(120),
            applied: { ok: true, detail: "" },
            ...decision,
          },
    undo: null,
    use: null,
    ...more,
  }) as unknown as InboxItem;

describe("what leaves the queue", () => {
  test.each([
    ["a rejection", item({ status: "rejected", applied: undefined })],
    ["an answer", item({}, {}, "question")],
    ["an approval that could not be applied", item({ applied: { ok: false, detail: "" } })],
    ["an approval whose time is over", item({ expires_at: ago(1) })],
    ["an approval for one request that was made", item({ scope: "once", expires_at: ago(-5) }, { use: { count: 1 } })],
    [
      "one that nobody answered in time",
      item(null, { proposal: { id: "1", kind: "egress-block", deadline: ago(61) } }),
    ],
    ["an undone approval", item({}, { undo: { decided_at: ago(61), applied: { ok: true, detail: "" } } })],
  ])("is %s, after an hour", (_name, one) => {
    expect(idsToArchive([one], NOW)).toEqual(["1"]);
    expect(idsToArchive([one], new Date(NOW.getTime() - 119 * 60_000))).toEqual([]);
  });

  test.each([
    ["a pending proposal", item(null)],
    ["one whose deadline is to come", item(null, { proposal: { id: "1", kind: "egress-block", deadline: ago(-1) } })],
    ["a decision that is being applied", item({ applied: undefined })],
    ["an undo that is being applied", item({}, { undo: { decided_at: ago(120) } })],
    ["an approval in force, which can be used and undone", item({})],
    ["one that is kept in the definition", item({ scope: "manifest" })],
    ["one that lasts longer", item({ expires_at: ago(-1) })],
  ])("is never %s", (_name, one) => {
    expect(idsToArchive([one], NOW)).toEqual([]);
  });

  test("is the oldest unanswered one when there are too many, however short its deadline is past", () => {
    const many = Array.from({ length: 202 }, (_, index) =>
      item(null, { proposal: { id: String(index).padStart(3, "0"), kind: "egress-block", deadline: ago(0) } }),
    );
    expect(idsToArchive(many, NOW)).toEqual(["000", "001"]);
  });

  test("is the oldest when there are too many", () => {
    const many = Array.from({ length: 203 }, (_, index) =>
      item({ status: "rejected", decided_at: ago(0) }, {}, "question", String(index).padStart(3, "0")),
    );
    expect(idsToArchive(many, NOW)).toEqual(["000", "001", "002"]);
  });
});
