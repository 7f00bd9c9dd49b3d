// The action table: one row a thing to do; keys, help, palette and footer agree with it.

import { describe, expect, test } from "vitest";

import { ACTIONS, bindKeys, footerHints, helpLines, paletteActions, placeOf, type Place } from "#modes/tui/actions.ts";
import { shownKey } from "#modes/tui/keys.ts";
import type { Layer } from "#modes/tui/view.ts";
import { aBackend } from "#tests/helpers/backend-choices.ts";
import { driveView, trafficOf, type ViewDriver } from "#tests/helpers/view-driver.ts";

const keymap = bindKeys();

function at(place: Place): ViewDriver {
  const drive = driveView();
  const { script } = drive.console;
  script.bottle({ slug: "a-1" });
  const { id, digest } = script.proposal({
    bottle_slug: "a-1",
    kind: "egress-block",
    payload: { host: "api.example.com" },
  });
  drive.sync();
  const request = { agent: "demo" };
  const blocked = script.request("a-1", { verdict: "block", host: "new.example.com", status: 403 });
  drive.traffic = trafficOf(drive.console, "a-1");
  drive.view = { ...drive.view, tab: "egress", focus: place === "egress" ? "preview" : "list" };
  const layers: Partial<Record<Place, Layer>> = {
    request: { type: "request", slug: "a-1", seq: 0, request: blocked, verdict: null, scroll: 0 },
    allow: { type: "allow", slug: "a-1", request: blocked, scroll: 0 },
    inbox: { type: "inbox", selected: id, offset: 0, scroll: 0 },
    proposal: { type: "proposal", id, scroll: 0 },
    help: { type: "help", filter: "", scroll: 0 },
    palette: { type: "palette", filter: "", index: 0 },
    picker: { type: "picker", agents: script.agents, index: 0, filter: "" },
    preflight: {
      type: "preflight",
      request,
      plan: { request, slug: "demo-1", lines: [], questions: [], warnings: [] },
      problem: null,
      scroll: 0,
    },
    backends: { type: "backends", request, backends: [aBackend()], index: 0 },
    progress: { type: "progress", title: "Starting", steps: [], output: [], showOutput: false, failed: undefined },
    confirm: {
      type: "confirm",
      lines: ["Sure?"],
      safe: "No",
      act: "Yes",
      focus: "safe",
      effect: { type: "stop", slug: "a-1" },
    },
    scope: { type: "scope", id, digest, index: 1 },
    form: {
      type: "form",
      purpose: { type: "edit", id, digest },
      about: [],
      title: "Edit",
      fields: [
        { name: "host", label: "host", value: "api.example.com", hint: "" },
        { name: "port", label: "port", value: "443", hint: "" },
      ],
      index: 0,
      error: null,
    },
    prompt: { type: "prompt", what: "filter", text: "a" },
    "crash-logs": {
      type: "crash-logs",
      files: [{ path: "/x/crash.log", of: "a-1", modified: "2030-01-01T00:00:00.000Z", bytes: 3 }],
      index: 0,
    },
    "crash-log": { type: "crash-log", path: "/x/crash.log", scroll: 0 },
  };
  const layer = layers[place];
  if (layer !== undefined) drive.view = { ...drive.view, stack: [layer] };
  drive.send({ type: "tick" });
  drive.wait(1000);
  return drive;
}

const rows = ACTIONS.flatMap((action) =>
  action.places.flatMap((place) => action.keys.map((key) => ({ action, place, key }))),
);

/** Moving at an edge changes nothing, and that is right. */
const STILL = new Set([
  "up",
  "down",
  "page-up",
  "page-down",
  "first",
  "last",
  "focus-list",
  "tab-screen",
  "field-previous",
  "back",
]);

describe("every key in every place", () => {
  test.each(rows.map(({ action, place, key }) => ({ name: `${key} in ${place}: ${action.id}`, action, place, key })))(
    "$name",
    ({ action, place, key }) => {
      const drive = at(place);
      const before = drive.view;
      const state = action.enabled(drive.context());
      drive.press(key);
      const told = state !== true && drive.notice().includes(state);
      const changed = drive.view !== before || drive.effects.length > 0 || STILL.has(action.id);
      expect(state === true ? changed : told).toBe(true);
    },
  );
});

test("ids are unique, and every action has a key and a sentence", () => {
  expect(new Set(ACTIONS.map(({ id }) => id)).size).toBe(ACTIONS.length);
  for (const { keys, description } of ACTIONS) {
    expect(keys.length).toBeGreaterThan(0);
    expect(description).toMatch(/^[A-Z]/);
  }
});

test("help names every action, those of the place first, and filters", () => {
  const context = at("help").context();
  const lines = helpLines(keymap, context, "");
  expect(lines.map(({ id }) => id).toSorted()).toEqual(ACTIONS.map(({ id }) => id).toSorted());
  expect(lines.findIndex(({ here }) => !here)).toBeGreaterThan(lines.findLastIndex(({ here }) => here));
  expect(helpLines(keymap, context, "detach key").map(({ id }) => id)).toEqual(["attach"]);
});

test("help says why an action does not work now", () => {
  const line = helpLines(keymap, at("help").context(), "").find(({ id }) => id === "resume");
  expect(line?.reason).toContain("runs already");
});

test("the footer shows only what works here and now, help last", () => {
  const drive = at("main");
  const hints = footerHints(keymap, drive.context());
  expect(hints.map(({ title }) => title)).not.toContain("resume");
  expect(hints.at(-1)).toEqual({ key: "?", title: "help" });
});

test("the palette offers no mere movement", () => {
  const offered = paletteActions(keymap, at("palette").context(), "").map(({ action }) => action.id);
  expect(offered).toContain("stop");
  expect(offered).not.toContain("up");
});

test("a rebound key works, and the old one does nothing", () => {
  const own = bindKeys({ inbox: "I", quit: ["Q", "ctrl-q"] });
  const drive = driveView({ cols: 100, rows: 40 }, own);
  drive.press("i", "q");
  expect([drive.view.stack, drive.effects]).toEqual([[], []]);
  drive.press("I");
  expect(placeOf(drive.view)).toBe("inbox");
  expect(shownKey(own.actions.find(({ id }) => id === "quit")?.keys[0] ?? "")).toBe("Q");
});

test("an empty list of keys unbinds an action", () => {
  expect(bindKeys({ demo: [] }).find("main", "d")).toBeUndefined();
});

test("a collision is refused with both names", () => {
  expect(() => bindKeys({ inbox: "q" })).toThrow(/the key q is bound to both inbox and quit/);
});

test("keys that never meet in one place may be the same", () => {
  expect(() => bindKeys({ "confirm-yes": "a" })).not.toThrow();
});

test.each([
  [{ inbx: "i" }, /"inbx" is no action/],
  [{ inbox: "ctrl-alt-delete" }, /"ctrl-alt-delete" is no key/],
])("refuses %j", (overrides, message) => {
  expect(() => bindKeys(overrides as Record<string, string>)).toThrow(message);
});
