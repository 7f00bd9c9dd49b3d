import { describe, expect, test } from "vitest";

import { type InboxItem, statusOf } from "#domain/fleet/fleet.ts";
import { type InboxEvent, reduceInbox } from "#domain/fleet/reduce-inbox.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;
const T = "2026-11-20T12:00:00.000Z";

const proposal = (id: string, slug = "demo-1", more: object = {}): Proposal => ({
  version: 1,
  id,
  bottle_slug: slug,
  created_at: T,
  digest: DIGEST,
  justification: "",
  origin: "mcp",
  kind: "question",
  payload: { text: "?" },
  ...more,
});
const asked = (id: string, slug = "demo-1"): InboxEvent => ({ type: "proposal", proposal: proposal(id, slug) });
const decided = (id: string, slug = "demo-1"): InboxEvent => ({
  type: "decision",
  slug,
  decision: {
    version: 1,
    id,
    digest: DIGEST,
    status: "rejected",
    scope: "once",
    notes: "",
    decided_by: "ann",
    decided_at: T,
  },
});
const reduce = (events: readonly InboxEvent[]) => events.reduce<readonly InboxItem[]>(reduceInbox, []);

describe("the inbox", () => {
  test("is one queue over all bottles, oldest first, however they come", () => {
    expect(reduce([asked("3"), asked("1", "b-1"), asked("2")]).map((item) => item.proposal.id)).toEqual([
      "1",
      "2",
      "3",
    ]);
  });

  test("joins a proposal with everything that is known of its fate", () => {
    const seen = { count: 3, first_seen: T, last_seen: T };
    const use = { count: 1, first_at: T, last_at: T };
    const [item] = reduce([
      asked("1"),
      { type: "proposal-seen", slug: "demo-1", id: "1", seen },
      decided("1"),
      {
        type: "undo",
        slug: "demo-1",
        undo: { version: 1, id: "1", digest: DIGEST, notes: "", decided_by: "bob", decided_at: T },
      },
      { type: "uses", slug: "demo-1", uses: { "1": use, "9": use } },
    ]);
    expect(item).toMatchObject({ seen, decision: { decided_by: "ann" }, undo: { decided_by: "bob" }, use });
  });

  test("does not let one bottle decide about another's proposal", () => {
    expect(reduce([asked("1"), decided("1", "evil-1")])[0]?.decision).toBeNull();
    expect(reduce([asked("1"), { type: "proposal-archived", slug: "evil-1", id: "1" }])).toHaveLength(1);
  });

  test("lets go of what is archived", () => {
    expect(
      reduce([asked("1"), asked("2"), { type: "proposal-archived", slug: "demo-1", id: "1" }]).map(
        (item) => item.proposal.id,
      ),
    ).toEqual(["2"]);
  });
});

describe("the status of a proposal", () => {
  const item = (more: Partial<InboxItem> = {}, deadline?: string): InboxItem => ({
    proposal: proposal("1", "demo-1", deadline === undefined ? {} : { deadline }),
    seen: null,
    decision: null,
    undo: null,
    use: null,
    ...more,
  });
  const decision = reduce([asked("1"), decided("1")])[0]!.decision!;
  const undo = { version: 1, id: "1", digest: DIGEST, notes: "", decided_by: "", decided_at: T } as const;

  test.each([
    ["pending", item()],
    ["pending", item({}, "2026-11-20T12:00:01.000Z")],
    ["expired", item({}, T)],
    ["rejected", item({ decision }, T)],
    ["undone", item({ decision, undo })],
  ])("is %s", (status, one) => {
    expect(statusOf(one, new Date(T))).toBe(status);
  });
});
