// A proposed Dockerfile: read to its end, built while the dashboard goes on, and only where the backend can.

import { beforeEach, expect, test } from "vitest";

import { proposalDetail } from "#components/proposal-detail.ts";
import { findItem } from "#modes/tui/context.ts";
import { aBackend } from "#tests/helpers/backend-choices.ts";
import { driveView, type ViewDriver } from "#tests/helpers/view-driver.ts";

const BEFORE = "FROM node:24-slim\nUSER node\n";
const AFTER = "FROM node:24-slim\nRUN apt-get install -y jq\nUSER node\n";

let drive: ViewDriver;

beforeEach(() => {
  drive = driveView({ cols: 100, rows: 40 });
  drive.console.script.backends = [aBackend()];
  drive.console.script.bottle({ slug: "a-1", backend: "docker" });
  drive.sync();
});

function ask(dockerfile = AFTER, slug = "a-1") {
  const proposal = drive.console.script.proposal({
    bottle_slug: slug,
    kind: "capability-block",
    payload: { dockerfile },
    justification: "I need jq",
  });
  drive.sync();
  return proposal;
}

const known = (text: string | null = BEFORE, slug = "a-1"): void => drive.send({ type: "dockerfile", slug, text });

function detail(id: string, width = 96): string {
  const context = drive.context();
  const item = findItem(context.fleet, id)!;
  const build = context.view.builds[id];
  return proposalDetail({ item, ended: false, words: context.words(item), build, width, now: context.at })
    .rows.map((row) =>
      row
        .map(({ text }) => text)
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

test("what the bottle is made from is asked for once, and the proposal waits for it", () => {
  ask();
  drive.sync();
  expect(drive.effects).toEqual([{ type: "load-dockerfile", slug: "a-1" }]);
  drive.press("a");
  expect(drive.notice()).toContain("is being read");
});

test("it is shown as what changes, with its warnings first and the agent's words last", () => {
  const { id } = ask();
  known();
  const text = detail(id);
  expect(text).toContain("1 line added, 0 lines removed");
  expect(text).toContain("2 + RUN apt-get install -y jq");
  expect(text.indexOf("no firewall is between")).toBeLessThan(text.indexOf("2 + RUN"));
  expect(text.indexOf("I need jq")).toBeGreaterThan(text.indexOf("2 + RUN"));
});

test("where nobody knows what the bottle is made from, all of the file counts as new", () => {
  const { id } = ask();
  known(null);
  const text = detail(id);
  expect(text).toContain("is not known");
  expect(text).toContain("1 + FROM node:24-slim");
});

test("`a` builds what has been in view, once, and goes back", () => {
  const { id, digest } = ask();
  known();
  drive.press("a");
  drive.wait(600);
  drive.press("a");
  expect(drive.effects.at(-1)).toEqual({ type: "approve", id, digest, approval: { scope: "session" } });
  expect(drive.view.stack).toEqual([]);
  const asked = drive.effects.length;
  drive.press("a");
  expect(drive.effects).toHaveLength(asked);
});

test("a file longer than the screen has to be read to its end first", () => {
  drive.view = { ...drive.view, size: { cols: 80, rows: 24 } };
  ask(`${BEFORE}${Array.from({ length: 60 }, (_, index) => `RUN step-${index}`).join("\n")}\n`);
  known();
  drive.press("a");
  drive.wait(600);
  drive.press("a");
  expect(drive.notice()).toContain("read on to the end");
  drive.press("G");
  drive.wait(600);
  drive.press("a");
  expect(drive.effects.at(-1)).toMatchObject({ type: "approve" });
});

test("it has no scope, and its rule is a file for the editor", () => {
  const { id, digest } = ask();
  known();
  drive.press("a");
  drive.wait(600);
  drive.press("A");
  expect(drive.notice()).toContain("it has no scope");
  drive.wait(600);
  drive.press("e");
  drive.wait(600);
  drive.press("e");
  expect(drive.effects.at(-1)).toEqual({ type: "edit-in-editor", id, digest });
});

test("a backend that cannot rebuild says why, and nothing is begun", () => {
  drive.console.script.backends = [
    aBackend({ capabilities: { rebuild: { can: false, why: "there is no image here" } } }),
  ];
  ask();
  known();
  drive.press("a");
  expect(drive.notice()).toBe("approve: there is no image here");
  expect(drive.effects).toHaveLength(1);
});

test("the rows say what is being built, the last line with it, while everything else goes on", () => {
  const { id } = ask();
  known();
  const step = "build the images";
  drive.send({ type: "building", id, slug: "a-1", step: { type: "step", step, state: "started" } });
  drive.send({
    type: "building",
    id,
    slug: "a-1",
    step: { type: "output", step, text: "Step 2/3 : RUN \u001b[2Japt-get" },
  });
  expect(detail(id)).toContain("◌ build the images …\n  ┊ Step 2/3 : RUN apt-get");
  const { screen } = drive.scene().props;
  expect(screen).toMatchObject({ type: "main", fleet: { builds: { "a-1": { steps: [{ step, state: "started" }] } } } });
  drive.press("i");
  expect(drive.scene().props.screen).toMatchObject({ type: "inbox", items: [{ build: { over: false } }] });
  drive.press("esc", "s");
  expect(drive.view.stack).toMatchObject([{ type: "picker" }]);
});

test("a bottle that is being rebuilt is not rebuilt twice", () => {
  const first = ask();
  known();
  drive.send({ type: "building", id: first.id, slug: "a-1", step: { type: "output", step: "build", text: "x" } });
  ask(`${AFTER}RUN more\n`);
  drive.press("i");
  drive.wait(600);
  drive.press("j", "a");
  expect(drive.notice()).toContain("being rebuilt already");
});

test("why it failed stands at its step until the operator has read it", () => {
  const { id } = ask();
  known();
  drive.send({ type: "building", id, slug: "a-1", step: { type: "step", step: "build the images", state: "started" } });
  drive.send({ type: "ended", about: id, tone: "bad", text: "approved: apt-get ended with 100" });
  expect(detail(id)).toContain("✗ build the images: approved: apt-get ended with 100");
  expect(drive.scene().props.screen).toMatchObject({ type: "main", fleet: { builds: {} } });
});

test("what was built is asked for again: the next file is shown against it", () => {
  const { id } = ask();
  known();
  drive.console.script.decideElsewhere(id, "other@host (2)");
  drive.sync();
  expect(drive.effects.filter(({ type }) => type === "load-dockerfile")).toHaveLength(2);
  expect(detail(id)).toContain("as it was asked for");
});

test("the dashboard is not left by `q` while something is built: that would end it", () => {
  const { id } = ask();
  known();
  drive.send({ type: "building", id, slug: "a-1", step: { type: "step", step: "build the images", state: "started" } });
  drive.press("q");
  expect(drive.notice()).toContain("a rebuild is under way");
  drive.send({ type: "ended", about: id, tone: "good", text: "approved" });
  drive.press("q");
  expect(drive.effects.at(-1)).toEqual({ type: "quit" });
});
