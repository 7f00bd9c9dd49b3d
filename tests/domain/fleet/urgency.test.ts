// What comes first in the inbox: alarms, then what somebody waits for by its deadline, then the oldest.

import { expect, test } from "vitest";

import type { InboxItem } from "#domain/fleet/fleet.ts";
import { byUrgency, isUrgent } from "#domain/fleet/urgency.ts";
import { foldKey, type Proposal } from "#domain/proposal/proposal.ts";

const NOW = new Date("2030-01-01T12:00:00.000Z");
const inSeconds = (seconds: number): string => new Date(NOW.getTime() + seconds * 1000).toISOString();

function item(id: string, more: Partial<Proposal> = {}, rejected = false): InboxItem {
  const proposal = { id, kind: "egress-block", bottle_slug: "a-1", payload: { host: "x.test" }, ...more } as Proposal;
  const decision = rejected ? ({ status: "rejected" } as InboxItem["decision"]) : null;
  return { proposal, seen: null, decision, undo: null, use: null };
}

const canary = (host: string): Partial<Proposal> =>
  ({ kind: "dlp-match", payload: { host, rule: "canary", fingerprint: "ab" } }) as Partial<Proposal>;

const order = (...items: InboxItem[]): string[] => byUrgency(items, NOW).map(({ proposal }) => proposal.id);

test("what is held comes before what waits, the soonest deadline first, and alarms before all", () => {
  expect(
    order(
      item("1-old"),
      item("2-later", { deadline: inSeconds(100) }),
      item("3-new"),
      item("4-soon", { deadline: inSeconds(10) }),
      item("5-canary", canary("x.test")),
    ),
  ).toEqual(["5-canary", "4-soon", "2-later", "1-old", "3-new"]);
});

test("what an agent asks comes before a request that was blocked, for the agent waits", () => {
  const blocked: Partial<Proposal> = { origin: "blocked-request" };
  expect(order(item("1-blocked", blocked), item("2-asked", { origin: "mcp" }), item("3-blocked", blocked))).toEqual([
    "2-asked",
    "1-blocked",
    "3-blocked",
  ]);
});

test("nothing jumps that is over, or decided", () => {
  const over = item("2-over", { deadline: inSeconds(-1) });
  const seen = item("3-seen", canary("x.test"), true);
  expect(order(item("1-old"), over, seen)).toEqual(["1-old", "2-over", "3-seen"]);
  expect([over, seen].map((one) => isUrgent(one, NOW))).toEqual([false, false]);
});

test("a list without anything urgent is the same list", () => {
  const items = [item("1"), item("2")];
  expect(byUrgency(items, NOW)).toBe(items);
});

test("canaries that one bottle sends to many hosts are one alarm, and other findings are not", () => {
  const key = (payload: object): string | undefined =>
    foldKey({ kind: "dlp-match", bottle_slug: "a-1", payload: payload as Proposal["payload"] });
  const [one, two] = ["x.test", "y.test"].map((host) => key({ host, rule: "canary", fingerprint: "ab" }));
  expect(one).toBe(two);
  expect(key({ host: "x.test", rule: "jwt", fingerprint: "ab" })).not.toBe(
    key({ host: "y.test", rule: "jwt", fingerprint: "ab" }),
  );
});
