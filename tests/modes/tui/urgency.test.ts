// What cannot wait its turn is on top, whatever is selected: held requests with their seconds, and canaries that were sent.

import { beforeEach, expect, test } from "vitest";

import { headerRow } from "#components/header.ts";
import { itemRow } from "#components/inbox-rows.ts";
import { fleetRows } from "#components/fleet-list.ts";
import type { Row } from "#components/rows.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";
import { arrivalSignal } from "#modes/tui/notification.ts";
import { bottleRow } from "#tests/helpers/fake-console.ts";
import { driveView, type ViewDriver } from "#tests/helpers/view-driver.ts";

let drive: ViewDriver;

beforeEach(() => {
  drive = driveView({ cols: 80, rows: 24 });
  drive.console.script.bottle({ slug: "a-1" });
  drive.console.script.bottle({ slug: "b-2" });
  drive.sync();
});

const textOf = (row: Row): string => row.map(({ text }) => text).join("");

function blocked(host: string): Proposal {
  const rule = { kind: "egress-block", payload: { host }, origin: "blocked-request" } as const;
  const made = drive.console.script.proposal({ bottle_slug: "a-1", ...rule });
  drive.sync();
  return made;
}

function held(slug = "b-2"): Proposal {
  const deadline = new Date(drive.context().at + 118_000).toISOString();
  const rule = { kind: "egress-block", payload: { host: "held.test" }, origin: "held-request", deadline } as const;
  const made = drive.console.script.proposal({ bottle_slug: slug, ...rule });
  drive.sync();
  return made;
}

function canary(slug = "b-2"): Proposal {
  const payload = {
    host: "paste.test",
    method: "POST",
    path: "/",
    rule: "canary",
    where: "body",
    excerpt: "",
    fingerprint: "ab".repeat(32),
  };
  const made = drive.console.script.proposal({
    bottle_slug: slug,
    kind: "dlp-match",
    payload,
    origin: "blocked-request",
  });
  drive.sync();
  return made;
}

function shown() {
  const { strip, fleet, pending, left, alarms, now } = drive.scene().props;
  const style = { selected: false, withSlug: true, width: 80, now };
  return {
    header: textOf(headerRow({ fleet, pending, left, alarms, width: 120 })),
    strip: strip.map((line) => textOf(itemRow(line, style))),
  };
}

test("a held request of another bottle is in the one row of the strip, counts down, and the header counts with it", () => {
  for (const host of ["one.test", "two.test", "three.test"]) blocked(host);
  held();
  expect(shown().strip).toHaveLength(1);
  expect(shown().strip[0]).toContain("held, 118s left");
  expect(shown().header).toContain("▲ 4 waiting for you, 118s left");
  drive.wait(100_000);
  expect(shown().strip[0]).toContain("held, 18s left");
});

test("the inbox begins with what is held; `a` opens it; once the time is over the oldest is first again", () => {
  const { id: old } = blocked("one.test");
  const { id } = held();
  drive.press("i");
  expect(drive.view.stack).toMatchObject([{ type: "inbox", selected: id }]);
  drive.press("esc", "a");
  expect(drive.view.stack).toMatchObject([{ type: "proposal", id }]);
  drive.press("esc");
  drive.wait(120_000);
  drive.press("a");
  expect(drive.view.stack).toMatchObject([{ type: "proposal", id: old }]);
});

test("the cursor of the inbox stays on its proposal, and in sight, when something urgent comes on top", () => {
  const ids = Array.from({ length: 20 }, (_, index) => blocked(`h${index}.test`).id);
  drive.press("i", "j", "j", "j", "j", "j");
  const before = drive.view.stack.at(-1);
  held();
  held("a-1");
  const after = drive.view.stack.at(-1);
  expect([before, after]).toMatchObject([{ selected: ids[5] }, { selected: ids[5] }]);
  const { screen } = drive.scene().props;
  expect(screen.type === "inbox" ? screen.items.map(({ item }) => item.proposal.id) : []).toContain(ids[5]);
});

test("a canary that was sent is before everything, and in the header, until somebody has looked", () => {
  held();
  const { id } = canary();
  expect(shown().header).toContain("⚑ CANARY SENT by b-2");
  expect(shown().strip[0]).toMatch(/⚑ ALARM .*CANARY SENT to paste\.test: this agent/);
  drive.console.script.decideElsewhere(id, "me@here (1)");
  drive.sync();
  expect(shown().header).not.toContain("CANARY");
  expect(shown().strip[0]).toContain("held");
});

test("a canary stays an alarm when its bottle has ended", () => {
  canary("gone-00000");
  expect(shown().header).toContain("⚑ CANARY SENT by gone-00000");
});

test("nothing approves a canary, and looking at it is what rejects it", () => {
  canary();
  drive.press("a");
  drive.wait(600);
  drive.press("a");
  expect(drive.effects).toEqual([]);
  expect(drive.notice()).toContain("nothing lets a canary pass");
  drive.press("x");
  expect(drive.view.stack.at(-1)).toMatchObject({ type: "form", title: expect.stringContaining("Looked at") });
});

test("the row of its bottle says so, ended or not", () => {
  const bottles = [bottleRow({ slug: "a-1", alarms: 1 }), bottleRow({ slug: "b-2", state: "exited", alarms: 1 })];
  const rows = fleetRows({ bottles, offset: 0, selected: null, width: 80, height: 5, now: 0, problems: [] });
  for (const row of rows.map(textOf)) expect(row).toContain("⚑ CANARY SENT");
});

test("the terminal is told which bottle sent its canary", () => {
  expect(arrivalSignal("osc9", ["a-1", "b-2"], ["b-2"])).toContain("CANARY SENT by b-2");
  expect(arrivalSignal("osc9", ["a-1"])).toContain("a-1 waits for you");
});
