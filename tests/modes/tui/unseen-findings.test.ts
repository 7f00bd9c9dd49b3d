// The badge: findings in answers that nobody looked at yet.

import { beforeEach, expect, test } from "vitest";

import { NO_TRAFFIC } from "#domain/egress/control.ts";
import { UnseenFindings } from "#modes/tui/unseen-findings.ts";
import { driveView, trafficOf, type ViewDriver } from "#tests/helpers/view-driver.ts";

let drive: ViewDriver;
let unseen: UnseenFindings;

beforeEach(() => {
  drive = driveView();
  drive.console.script.bottle({ slug: "a-1" });
  drive.sync();
  unseen = new UnseenFindings();
});

function counted(inbound: number): number | undefined {
  drive.console.script.egress.counters = { ...NO_TRAFFIC, inbound_findings: inbound };
  drive.traffic = trafficOf(drive.console, "a-1");
  unseen.count(drive.context());
  return unseen.bySlug["a-1"] ?? 0;
}

test("counts until the tab Egress was on the screen, and from there again", () => {
  expect(counted(2)).toBe(2);
  drive.press("3");
  expect(counted(3)).toBe(0);
  drive.press("1");
  expect(counted(3)).toBe(0);
  expect(counted(5)).toBe(2);
});

test("the table, and a detail over the list, are no look at the requests", () => {
  drive.press("3", "T");
  expect(counted(1)).toBe(1);
  drive.press("T", "?");
  expect(counted(1)).toBe(1);
});

test("a proxy that was started anew counts from the beginning", () => {
  drive.press("3");
  counted(9);
  drive.press("1");
  expect(counted(2)).toBe(2);
});

test("nothing changes while nothing is found", () => {
  counted(1);
  const before = unseen.bySlug;
  counted(1);
  expect(unseen.bySlug).toBe(before);
});

test("the tab and the row of the bottle show it", () => {
  counted(4);
  const scene = drive.scene(unseen.bySlug);
  expect(scene.props.screen).toMatchObject({ tab: { unseen: 4 }, fleet: { unseen: { "a-1": 4 } } });
});
