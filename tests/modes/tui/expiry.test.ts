// The credential of a bottle is on the screen before it bites, and is told of once.

import { beforeEach, expect, test } from "vitest";

import { fleetRows } from "#components/fleet-list.ts";
import { headerRow } from "#components/header.ts";
import type { Row } from "#components/rows.ts";
import { infoRows } from "#components/tabs/info-rows.ts";
import { listRow } from "#modes/json/rows.ts";
import { ListRow } from "#modes/json/schemas.ts";
import { bottleTable } from "#modes/print/bottle-table.ts";
import { bindKeys } from "#modes/tui/actions.ts";
import { plain } from "#modes/print/paint.ts";
import { ExpiringCredentials, untilCredentialChanges } from "#modes/tui/expiring-credentials.ts";
import { expirySignal } from "#modes/tui/notification.ts";
import { sceneOf } from "#modes/tui/scene.ts";
import { bottleRow } from "#tests/helpers/fake-console.ts";
import { driveView, type ViewDriver } from "#tests/helpers/view-driver.ts";
import type { BottleRow, Fleet } from "#domain/fleet/fleet.ts";

const MINUTE = 60_000;
const AT = Date.parse("2030-01-01T12:00:00.000Z");
const textOf = (row: Row): string => row.map(({ text }) => text).join("");

function holding(slug: string, left: number, over: Partial<BottleRow> = {}): BottleRow {
  const credential = { source: "auth.json", expires_at: new Date(AT + left).toISOString(), renew: "log in again" };
  return bottleRow({ slug, credential, ...over });
}
const fleetOf = (...bottles: BottleRow[]): Fleet => ({ bottles, inbox: [], hosts: {}, problems: {} });

function rowText(bottle: BottleRow): string {
  const [row = []] = fleetRows({
    bottles: [bottle],
    offset: 0,
    selected: null,
    width: 160,
    height: 5,
    now: AT,
    problems: [],
  });
  return textOf(row);
}

test("a row is marked in the last hour of a bottle that goes on", () => {
  expect(rowText(holding("a-1", 61 * MINUTE))).not.toContain("credential");
  expect(rowText(holding("a-1", 12 * MINUTE))).toContain("credential expires in 12 min");
  expect(rowText(holding("a-1", -1))).toContain("credential expired");
  expect(rowText(holding("a-1", -1, { state: "exited" }))).not.toContain("credential");
});

test("the tab Info has its source always, and how to renew it once that matters", () => {
  const info = (left: number) => infoRows(holding("a-1", left), 100, AT).map(textOf).join("\n");
  expect(info(90 * MINUTE)).toContain("auth.json, good until 2030-01-01T13:30:00.000Z");
  expect(info(90 * MINUTE)).not.toContain("log in again");
  expect(info(MINUTE)).toContain("auth.json expires in 1 min; log in again");
});

test("a list has it as text while it matters, and as JSON always", () => {
  const table = (left: number, over = {}) => bottleTable([holding("a-1", left, over)], new Date(AT), plain);
  expect(table(5 * MINUTE)).toContain("credential of auth.json expires in 5 min; log in again");
  expect(table(61 * MINUTE)).not.toContain("credential of");
  expect(table(-1, { state: "stopped" })).not.toContain("credential of");
  const row = ListRow.parse(listRow(holding("a-1", MINUTE)));
  expect(row.credential).toEqual({
    source: "auth.json",
    expires_at: "2030-01-01T12:01:00.000Z",
    renew: "log in again",
  });
  expect(ListRow.parse(listRow(bottleRow())).credential).toBeNull();
});

test("each credential is told of once, when its last hour begins", () => {
  const expiring = new ExpiringCredentials();
  const fleet = fleetOf(holding("old-1", MINUTE), holding("a-1", 61 * MINUTE), holding("b-1", 61 * MINUTE));
  expect(expiring.fresh(fleet, AT)).toEqual([]); // what is so at the beginning is on the screen
  expect(expiring.fresh(fleet, AT + MINUTE)).toEqual(["a-1", "b-1"]);
  expect(expiring.fresh(fleet, AT + 2 * MINUTE)).toEqual([]);
  expect(expiring.fresh(fleet, AT + 99 * MINUTE)).toEqual([]); // that it expired then is no second news
  expect(expiring.fresh(fleetOf(holding("a-1", 102 * MINUTE)), AT + 99 * MINUTE)).toEqual(["a-1"]); // another one
});

test("the dashboard wakes when a credential changes its standing, and not each second", () => {
  expect(untilCredentialChanges(fleetOf(holding("a-1", 90 * MINUTE), holding("b-1", 70 * MINUTE)), AT)).toBe(
    10 * MINUTE,
  );
  expect(untilCredentialChanges(fleetOf(bottleRow(), holding("a-1", -1)), AT)).toBe(Infinity);
});

test("the terminal is told as it is configured", () => {
  expect(expirySignal("bel", ["a-1"])).toBe("\u0007");
  expect(expirySignal("osc9", ["a-1", "a-1", "b;2"])).toBe("\u001b]9;the credential of a-1, b,2 expires soon\u001b\\");
  expect(expirySignal("off", ["a-1"])).toBe("");
});

let drive: ViewDriver;
beforeEach(() => {
  drive = driveView({ cols: 120, rows: 24 });
});

test("the header names the one that expires, or how many do", () => {
  const header = (...bottles: BottleRow[]) => {
    const context = { ...drive.context(), fleet: fleetOf(...bottles), at: AT };
    const crashTail = { lines: [], problem: null };
    const { props } = sceneOf({ context, keymap: bindKeys(), watch: null, crashTail, color: true });
    return textOf(headerRow({ ...props, width: 160 }));
  };
  expect(header(holding("a-1", 12 * MINUTE), bottleRow())).toContain("a-1: credential expires in 12 min");
  expect(header(holding("a-1", 12 * MINUTE), holding("b-1", -1))).toContain(
    "2 credentials expire soon or have expired",
  );
  expect(header(holding("a-1", 12 * MINUTE, { state: "stopped" }))).not.toContain("credential");
});
