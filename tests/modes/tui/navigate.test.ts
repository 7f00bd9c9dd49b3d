// Moving about: the selection stays with its bottle, Esc goes one step back and never quits.

import { beforeEach, expect, test } from "vitest";

import { driveView, type ViewDriver } from "#tests/helpers/view-driver.ts";

let drive: ViewDriver;

beforeEach(() => {
  drive = driveView();
  for (const slug of ["a-1", "b-2", "c-3"]) drive.console.script.bottle({ slug });
  drive.sync();
});

test("selects the first bottle by itself", () => expect(drive.view.selected).toBe("a-1"));

test("moves by arrows and by j k g G", () => {
  drive.press("j");
  expect(drive.view.selected).toBe("b-2");
  drive.press("down", "down", "down");
  expect(drive.view.selected).toBe("c-3");
  drive.press("k", "up");
  expect(drive.view.selected).toBe("a-1");
  drive.press("G");
  expect(drive.view.selected).toBe("c-3");
  drive.press("g");
  expect(drive.view.selected).toBe("a-1");
});

test("keeps the selected bottle when others come before it or go", () => {
  drive.press("j");
  drive.console.script.bottle({ slug: "0-first", started_at: "2000-01-01T00:00:00.000Z" });
  drive.console.script.removeBottle("a-1");
  drive.sync();
  expect(drive.view.selected).toBe("b-2");
});

test("selects a neighbour when the selected bottle goes", () => {
  drive.press("j");
  drive.console.script.removeBottle("b-2");
  drive.sync();
  expect(["a-1", "c-3"]).toContain(drive.view.selected);
});

test("the filter narrows the list, and the selection is always one of it", () => {
  drive.press("/");
  drive.send({ type: "text", value: "c-" });
  drive.press("enter");
  expect(drive.view).toMatchObject({ selected: "c-3", filter: "c-", stack: [] });
  drive.press("esc");
  expect(drive.view.filter).toBe("");
});

test("Esc goes back step by step and never quits", () => {
  drive.press("i", "c");
  expect(drive.view.stack.map(({ type }) => type)).toEqual(["inbox", "crash-logs"]);
  drive.press("esc");
  expect(drive.view.stack.map(({ type }) => type)).toEqual(["inbox"]);
  drive.press("esc", "esc", "esc", "esc");
  expect(drive.view.stack).toEqual([]);
  expect(drive.effects).not.toContainEqual({ type: "quit" });
});

test("`q` quits at the main screen only", () => {
  drive.press("i", "q");
  expect(drive.effects).toEqual([]);
  expect(drive.notice()).toContain("Esc goes back");
  drive.press("esc", "q");
  expect(drive.effects).toEqual([{ type: "quit" }]);
});

test("`w` goes to the next bottle that waits", () => {
  drive.press("w");
  expect(drive.notice()).toContain("nothing waits for you");
  drive.console.script.bottle({ slug: "c-3", state: "waiting" });
  drive.sync();
  drive.press("w");
  expect(drive.view.selected).toBe("c-3");
});

test("opens tabs by number and by Tab, and says why one cannot be opened", () => {
  drive.press("3");
  expect(drive.view.tab).toBe("egress");
  drive.press("tab", "tab");
  expect(drive.view.tab).toBe("info");
  drive.press("5");
  expect(drive.view.tab).toBe("info");
  expect(drive.notice()).toContain("conversations need a provider");
});

test("a long list scrolls only as far as it must", () => {
  for (let index = 0; index < 1000; index += 1)
    drive.console.script.bottle({ slug: `z-${String(index).padStart(4, "0")}` });
  drive.sync();
  drive.press("j");
  expect(drive.view.listOffset).toBe(0);
  drive.press("G");
  expect(drive.view.selected).toBe("z-0999");
  const { listOffset } = drive.view;
  drive.press("k");
  expect(drive.view.listOffset).toBe(listOffset);
});

test("pausing the logs freezes the view, and following goes on at the end", () => {
  drive.press("2", "f");
  expect(drive.view.logs.pausedAt).toBe(99);
  drive.press("pgup");
  expect(drive.view.logs.pausedAt).toBeLessThan(99);
  drive.press("f");
  expect(drive.view.logs.pausedAt).toBeNull();
});

test("the palette runs an action on the screen under it", () => {
  drive.press(":");
  drive.send({ type: "text", value: "inbox" });
  drive.press("enter");
  expect(drive.view.stack.map(({ type }) => type)).toEqual(["inbox"]);
});

test("stop asks first, with the safe choice focused", () => {
  drive.press("S", "enter");
  expect(drive.effects).toEqual([]);
  drive.press("S", "right", "enter");
  expect(drive.effects).toEqual([{ type: "stop", slug: "a-1" }]);
  drive.press("S");
  expect(drive.notice()).toContain("under way");
});

test("that there is no crash log is not said any more when there is one", () => {
  const drive = driveView();
  drive.press("c");
  drive.send({ type: "crash-logs", files: [] });
  drive.press("enter");
  expect(drive.notice()).toContain("there is no crash log");
  drive.send({
    type: "crash-logs",
    files: [{ of: "a-1", path: "/x/crash.log", modified: "2030-01-01T12:00:00.000Z", bytes: 1 }],
  });
  expect(drive.notice()).toBe("");
});
