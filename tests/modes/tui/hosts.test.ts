// Several hosts in one fleet: each row names its own, and one that is down costs its own rows only.

import { beforeEach, expect, test } from "vitest";

import { fleetRows } from "#components/fleet-list.ts";
import { headerRow } from "#components/header.ts";
import type { Row } from "#components/rows.ts";
import { infoRows } from "#components/tabs/info-rows.ts";
import { driveView, type ViewDriver } from "#tests/helpers/view-driver.ts";

let drive: ViewDriver;

beforeEach(() => {
  drive = driveView({ cols: 160, rows: 40 });
  drive.console.script.bottle({ slug: "here-1", host: "local", backend: "local" });
  drive.console.script.bottle({ slug: "there-2", host: "build-2", backend: "docker:build-2" });
  drive.console.script.host("local", true);
  drive.console.script.host("build-2", true);
  drive.sync();
});

const textOf = (row: Row): string =>
  row
    .map(({ text }) => text)
    .join("")
    .trimEnd();

function list(): string[] {
  const { screen } = drive.scene().props;
  if (screen.type !== "main") throw new Error(`the screen is ${screen.type}`);
  return fleetRows({ ...screen.fleet, width: 120, height: 10 }).map(textOf);
}

function header(): string {
  const { fleet, pending, left, alarms } = drive.scene().props;
  return textOf(headerRow({ fleet, pending, left, alarms, width: 160 }));
}

const down = (): void => {
  drive.console.script.host("build-2", false, "connect ECONNREFUSED");
  drive.sync();
};

test("with more than one host each row names its own", () => {
  expect(list().map((line) => /@\S+/.exec(line)?.[0])).toEqual(["@local", "@build-2"]);
  expect(header()).toContain("2 hosts");
});

test("with one host none is named", () => {
  drive = driveView();
  drive.console.script.bottle({ slug: "here-1", host: "local" });
  drive.console.script.host("local", true);
  drive.sync();
  expect(list()[0]).not.toContain("@");
  expect(header()).not.toContain("host");
});

test("a host that is down is named with its reason, its rows stay and are marked, the others are as they were", () => {
  down();
  expect(header()).toContain("build-2 unreachable");
  expect(header()).toContain("1 busy  1 stale");
  const [here, there, problem] = list();
  expect(here).toContain("● busy");
  expect(there).toContain("~ busy");
  expect(there).toContain("@build-2 stale");
  expect(problem).toContain("unreachable: connect ECONNREFUSED (host build-2)");
});

test("a daemon of this machine that is down costs the bottles without one nothing", () => {
  drive.console.script.bottle({ slug: "boxed-3", host: "local", backend: "docker" });
  drive.console.script.host("local", false, "connect ENOENT");
  drive.sync();
  const [boxed, here] = list();
  expect(boxed).toContain("~ busy");
  expect(here).toContain("● busy");
});

test("when it is back, nothing is marked any more", () => {
  down();
  drive.console.script.host("build-2", true);
  drive.sync();
  expect(list()).toHaveLength(2);
  expect(list()[1]).toContain("● busy");
  expect(header()).not.toContain("stale");
});

test("the info of a stale bottle says since when", () => {
  down();
  const bottle = { ...drive.console.fleet().bottles[1]!, confirmed_at: "2030-01-01T11:59:00.000Z" };
  const [first] = infoRows(bottle, 100, Date.parse(bottle.started_at), "connect ECONNREFUSED").map(textOf);
  expect(first).toContain("~ build-2 is unreachable: connect ECONNREFUSED. This is what was last seen at ");
});

test("what needs the host is refused with the reason", () => {
  down();
  drive.press("j");
  for (const key of ["enter", "S"]) {
    drive.press(key);
    expect(drive.notice()).toContain("build-2 is unreachable: connect ECONNREFUSED");
  }
  expect(drive.effects).toEqual([]);
});

test("a filter finds the bottles of a host", () => {
  drive.press("/");
  drive.send({ type: "text", value: "build-2" });
  expect(list()).toHaveLength(1);
});
