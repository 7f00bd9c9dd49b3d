import { describe, expect, it } from "vitest";

import { fleetChanges, wholeFleet } from "#modes/json/fleet-changes.ts";
import { bottleRow, decision, EMPTY_FLEET, inboxItem, NOW, questionProposal } from "#tests/helpers/fake-console.ts";

const later = new Date(NOW.getTime() + 60_000);
const fleet = {
  bottles: [bottleRow()],
  inbox: [inboxItem()],
  hosts: { local: { up: true, detail: "" } },
  problems: { "x.json": "bad" },
};

describe("the changes of a fleet", () => {
  it("tell a newcomer everything", () => {
    expect(wholeFleet(fleet, NOW).map(({ type }) => type)).toEqual(["host", "bottle", "proposal", "problem"]);
  });

  it("are none when nothing published changed", () => {
    const same = {
      ...fleet,
      bottles: [bottleRow({ last_line: "x", stats: { cpu: 1, memory: 1 } })],
      inbox: [inboxItem()],
    };
    expect(fleetChanges(fleet, same, NOW, NOW)).toEqual([]);
  });

  it("tell what came, changed and went", () => {
    const next = {
      bottles: [bottleRow({ slug: "b-22222" })],
      inbox: [inboxItem({ decision: decision() })],
      hosts: { local: { up: false, detail: "gone" } },
      problems: {},
    };
    expect(fleetChanges(fleet, next, NOW, NOW)).toMatchObject([
      { type: "host", up: false },
      { type: "bottle-removed", slug: "reviewer-k3x9a" },
      { type: "bottle", bottle: { slug: "b-22222" } },
      { type: "proposal", proposal: { status: "approved" } },
      { type: "problem-solved", where: "x.json" },
    ]);
    expect(fleetChanges(fleet, EMPTY_FLEET, NOW, NOW)).toContainEqual({
      at: NOW.toISOString(),
      type: "proposal-archived",
      slug: "reviewer-k3x9a",
      id: "mfx12k3ab-c4d5e",
    });
  });

  it("tell that a deadline passed, although no file changed", () => {
    const waiting = {
      ...EMPTY_FLEET,
      inbox: [inboxItem({ proposal: questionProposal({ deadline: new Date(NOW.getTime() + 1000).toISOString() }) })],
    };
    expect(fleetChanges(waiting, waiting, NOW, later)).toMatchObject([
      { type: "proposal", proposal: { status: "expired" } },
    ]);
  });
});
