// Deciding safely: only what is in view, in the version that was seen, and never at the moment it appears.

import { beforeEach, expect, test } from "vitest";

import { driveView, type ViewDriver } from "#tests/helpers/view-driver.ts";

let drive: ViewDriver;

beforeEach(() => {
  drive = driveView();
  drive.console.script.bottle({ slug: "a-1" });
  drive.console.script.bottle({ slug: "b-2" });
  drive.sync();
});

function ask(host = "api.example.com", slug = "a-1") {
  const proposal = drive.console.script.proposal({
    bottle_slug: slug,
    kind: "egress-block",
    payload: { host, methods: ["GET"], path_allowlist: ["/v1/"] },
  });
  drive.sync();
  return proposal;
}

function question(options?: string[]) {
  const proposal = drive.console.script.proposal({
    bottle_slug: "a-1",
    kind: "question",
    payload: { text: "Which one?", ...(options === undefined ? {} : { options }) },
  });
  drive.sync();
  return proposal;
}

test("`a` on the main screen opens the proposal and decides nothing", () => {
  const { id } = ask();
  drive.press("a");
  expect(drive.view.stack).toMatchObject([{ type: "proposal", id }]);
  expect(drive.effects).toEqual([]);
});

test("`a` twice in a breath decides nothing", () => {
  ask();
  drive.press("a", "a");
  expect(drive.effects).toEqual([]);
  expect(drive.notice()).toContain("appeared just now");
});

test("`a` approves what has been in view for half a second, bound to its digest, and goes back", () => {
  const { id, digest } = ask();
  drive.press("a");
  drive.wait(500);
  drive.press("a");
  expect(drive.effects).toEqual([{ type: "approve", id, digest, approval: { scope: "session" } }]);
  expect(drive.view.stack).toEqual([]);
});

test("a decision that is under way is not asked for again", () => {
  ask();
  drive.press("a");
  drive.wait(600);
  drive.press("a", "a");
  expect(drive.effects).toHaveLength(1);
  expect(drive.notice()).toContain("a decision is on its way");
});

test("keys typed before a proposal arrived under the cursor do not decide it", () => {
  drive.press("i");
  drive.wait(5000);
  ask();
  drive.press("a");
  expect(drive.effects).toEqual([]);
  drive.wait(600);
  drive.press("a");
  expect(drive.effects).toHaveLength(1);
});

test("after a decision in the inbox the next one cannot be decided by the same breath", () => {
  const first = ask("one.example.com");
  const second = ask("two.example.com");
  drive.press("i");
  drive.wait(600);
  drive.press("a", "a", "A");
  expect(drive.effects).toMatchObject([{ type: "approve", id: first.id }]);
  expect(drive.view.stack.at(-1)).toMatchObject({ type: "inbox", selected: second.id });
});

test("a rule too long for its pane has to be read to its end first", () => {
  drive = driveView({ cols: 80, rows: 14 });
  drive.console.script.bottle({ slug: "a-1" });
  drive.console.script.proposal({
    bottle_slug: "a-1",
    kind: "egress-block",
    payload: {
      host: "api.example.com",
      path_allowlist: Array.from({ length: 40 }, (_, index) => `/a/rather/long/prefix/${index}/`),
    },
  });
  drive.sync();
  drive.press("a");
  drive.wait(600);
  drive.press("a");
  expect(drive.effects).toEqual([]);
  expect(drive.notice()).toContain("read on");
  drive.press("pgdn", "pgdn", "pgdn", "pgdn", "pgdn");
  drive.wait(600);
  drive.press("a");
  expect(drive.effects).toHaveLength(1);
});

test("nothing can be decided in a terminal that is too small to show it", () => {
  drive = driveView({ cols: 20, rows: 5 });
  drive.console.script.bottle({ slug: "a-1" });
  ask();
  drive.press("a");
  drive.wait(600);
  drive.press("a");
  expect(drive.effects).toEqual([]);
});

test("`A` offers scopes: once, an hour, the session, for good", () => {
  const { id, digest } = ask();
  drive.press("a");
  drive.wait(600);
  drive.press("A");
  expect(drive.view.stack.at(-1)).toMatchObject({ type: "scope", index: 2 });
  drive.press("up", "enter");
  expect(drive.effects).toEqual([
    { type: "approve", id, digest, approval: { scope: "session", expiresInMs: 3_600_000 } },
  ]);
});

test("typed text cannot decide, however long the proposal is in view", () => {
  ask();
  drive.press("a");
  drive.wait(600);
  drive.press("b", "a", "a", "d", "a");
  expect(drive.effects).toEqual([]);
  expect(drive.notice()).toContain("another key was typed just now");
  drive.wait(500);
  drive.press("a");
  expect(drive.effects).toHaveLength(1);
});

test("a decision that is chosen by name in the palette is no typed text", () => {
  ask();
  drive.press("a");
  drive.wait(600);
  drive.press(":");
  drive.send({ type: "text", value: "approve" });
  drive.press("enter");
  expect(drive.effects).toMatchObject([{ type: "approve" }]);
});

test("`x` on the main screen asks for the reason at once and names what is rejected", () => {
  const { id, digest } = ask();
  drive.press("x");
  expect(drive.scene().props.sheet).toMatchObject({
    type: "form",
    above: [[{ text: "a-1: GET on https://api.example.com:443, only below /v1/" }]],
  });
  drive.press("b", "a", "d");
  drive.send({ type: "text", value: "bad" });
  drive.press("enter");
  expect(drive.effects).toEqual([{ type: "reject", id, digest, reason: "bad" }]);
  expect(drive.view.stack).toEqual([]);
});

test("`x` rejects with the typed reason", () => {
  const { id, digest } = ask();
  drive.press("a");
  drive.wait(600);
  drive.press("x");
  drive.send({ type: "text", value: "use the mirror" });
  drive.press("enter");
  expect(drive.effects).toEqual([{ type: "reject", id, digest, reason: "use the mirror" }]);
  expect(drive.view.stack).toEqual([]);
});

test("Esc in the reject form leaves the proposal pending", () => {
  ask();
  drive.press("a");
  drive.wait(600);
  drive.press("x", "esc");
  expect(drive.view.stack).toMatchObject([{ type: "proposal" }]);
  expect(drive.effects).toEqual([]);
});

test("`a` on a question asks for the answer, and a number takes an option", () => {
  const { id, digest } = question(["red", "green"]);
  drive.press("a");
  expect(drive.scene().props.sheet).toMatchObject({
    title: "Answer a-1",
    above: [[{ text: "Which one?" }], [{ text: "1 " }, { text: "red" }], [{ text: "2 " }, { text: "green" }]],
  });
  drive.send({ type: "text", value: "2" });
  drive.press("enter");
  expect(drive.effects).toEqual([{ type: "approve", id, digest, approval: { scope: "once", notes: "green" } }]);
});

test("an empty answer is not sent", () => {
  question();
  drive.press("a", "enter");
  expect(drive.effects).toEqual([]);
  expect(drive.view.stack.at(-1)).toMatchObject({
    type: "form",
    error: expect.stringContaining("write an answer") as string,
  });
});

test("`e` approves the rule as it was changed", () => {
  const { id, digest } = ask();
  drive.press("a");
  drive.wait(600);
  drive.press("e", "tab", "tab");
  drive.send({ type: "text", value: "get head" });
  drive.press("ctrl-s");
  expect(drive.effects).toEqual([
    {
      type: "approve",
      id,
      digest,
      approval: {
        scope: "session",
        payload: { host: "api.example.com", methods: ["GET", "HEAD"], path_allowlist: ["/v1/"] },
      },
    },
  ]);
});

test.each([
  ["host", 0, "not a host"],
  ["an address", 0, "10.0.0.1"],
  ["port", 1, "99999"],
  ["paths", 3, "relative/path"],
])("an edited rule with a bad %s is refused with the reason", (_, field, value) => {
  ask();
  drive.press("a");
  drive.wait(600);
  drive.press("e", ...Array.from({ length: field }, () => "tab"));
  drive.send({ type: "text", value });
  drive.press("ctrl-s");
  expect(drive.effects).toEqual([]);
  expect(drive.view.stack.at(-1)).toMatchObject({ type: "form", error: expect.any(String) as string });
});

test("`u` undoes after a question whose safe answer is focused", () => {
  const { id } = ask();
  drive.console.script.decideElsewhere(id, "somebody@else (7)");
  drive.sync();
  drive.press("i", "u", "enter");
  expect(drive.effects).toEqual([]);
  drive.press("u", "tab", "enter");
  expect(drive.effects).toEqual([{ type: "undo", id }]);
});

test("what another dashboard decided is said, not decided again", () => {
  const { id } = ask();
  drive.press("a");
  drive.wait(600);
  drive.console.script.decideElsewhere(id, "somebody@else (7)");
  drive.sync();
  drive.press("a");
  expect(drive.effects).toEqual([]);
  expect(drive.notice()).toContain("it is approved already");
});

test("a proposal that is archived while it is open closes its detail", () => {
  const { id } = ask();
  drive.press("a");
  drive.console.script.archive(id);
  drive.sync();
  expect(drive.view.stack).toEqual([]);
  expect(drive.notice()).toContain("archived");
});

test.each(["exited", "crashed", "stopped", "lost"] as const)(
  "nothing of a bottle that is %s waits or can be decided, until it runs again",
  (state) => {
    ask();
    drive.console.script.bottle({ slug: "a-1", state });
    drive.sync();
    expect(drive.scene().props).toMatchObject({ pending: 0, strip: [] });
    drive.press("i");
    drive.wait(600);
    drive.press("a", "x", "A", "e");
    expect(drive.notice()).toContain("unanswered: the bottle ended");
    expect(drive.effects).toEqual([]);
    expect(drive.view.stack).toMatchObject([{ type: "inbox" }]);
    drive.console.script.bottle({ slug: "a-1", state: "busy" });
    drive.sync();
    expect(drive.scene().props.pending).toBe(1);
  },
);

test("a proposal of a bottle that was removed is unanswered", () => {
  ask();
  drive.console.script.removeBottle("a-1");
  drive.sync();
  drive.press("i");
  expect(drive.scene().props).toMatchObject({ pending: 0, screen: { type: "inbox", open: { ended: true } } });
});

test("text typed into the choice of a scope closes it and decides nothing", () => {
  ask();
  drive.press("a");
  drive.wait(600);
  drive.press("A", "n", "d", "1", "enter", "a");
  expect(drive.effects).toEqual([]);
  expect(drive.view.stack).toMatchObject([{ type: "proposal" }]);
});
