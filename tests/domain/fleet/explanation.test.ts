import { expect, test } from "vitest";

import { withWord } from "#domain/fleet/agent-state.ts";
import { reasonsOf } from "#domain/fleet/explanation.ts";
import type { FleetEvent } from "#domain/fleet/event.ts";
import type { Fleet } from "#domain/fleet/fleet.ts";
import { Metadata } from "#domain/fleet/metadata.ts";
import { emptyFleet, reduceFleet } from "#domain/fleet/reduce.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";

const SLUG = "demo-abc12";
const AT = "2026-11-20T12:00:00.000Z";
const NOW = new Date("2026-11-20T12:00:10.000Z");

const metadata = Metadata.parse({ identity: SLUG, agent_name: "demo", started_at: AT });
const running: FleetEvent = { type: "run-status", slug: SLUG, status: { phase: "running", since: AT } };
const hook: FleetEvent = {
  type: "activity",
  slug: SLUG,
  activity: "busy",
  authority: "agent",
  at: AT,
  rule: "PreToolUse",
};
const screen: FleetEvent = {
  type: "activity",
  slug: SLUG,
  activity: "waiting",
  authority: "screen",
  at: AT,
  detail: "approve ls?\u001b[2J",
  rule: "approval",
  evidence: "Run ls?",
};
const proposal: FleetEvent = {
  type: "proposal",
  proposal: {
    version: 1,
    id: "a",
    bottle_slug: SLUG,
    created_at: AT,
    digest: `sha256:${"0".repeat(64)}`,
    justification: "",
    origin: "mcp",
    kind: "question",
    payload: { text: "Which?" },
  } as Proposal,
};

function reasons(...events: FleetEvent[]) {
  const all: FleetEvent[] = [{ type: "bottle-found", slug: SLUG, metadata }, ...events];
  const fleet = all.reduce<Fleet>((so, event) => reduceFleet(so, event, NOW), emptyFleet);
  return reasonsOf(fleet.bottles[0]!, NOW);
}

test("names who decided, by what, and what the others say", () => {
  expect(reasons(running, screen)).toMatchObject({
    state: "waiting",
    why: "approve ls?",
    by: "screen",
    rule: "approval",
    evidence: "Run ls?",
    confirmed_at: AT,
  });
  const { by, rule, words } = reasons(running, screen, hook);
  expect([by, rule, words.map(({ authority }) => authority)]).toEqual(["agent", "PreToolUse", ["agent", "screen"]]);
});

test("names the proposal that waits, the backend that saw the end, and nobody", () => {
  expect(reasons(running, hook, proposal)).toMatchObject({
    state: "waiting",
    by: "proposal",
    why: "your decision",
    rule: "",
  });
  const exited = { phase: "exited", since: AT, exit_code: 1, signal: null } as const;
  expect(reasons(running, hook, { type: "run-status", slug: SLUG, status: exited })).toMatchObject({
    state: "crashed",
    by: "backend",
    rule: "",
  });
  expect(reasons(running)).toMatchObject({ state: "starting", by: "nobody", words: [] });
  expect(reasons()).toMatchObject({ state: "unknown", by: "nobody" });
});

test("says when a busy terminal was last confirmed: now", () => {
  const moves: FleetEvent = { type: "activity", slug: SLUG, activity: "busy", authority: "terminal", at: AT };
  expect(reasons(running, hook, moves).confirmed_at).toBe(NOW.toISOString());
  expect(withWord({}, { ...reasons(running, hook).words[0]! }).agent?.rule).toBe("PreToolUse");
});
