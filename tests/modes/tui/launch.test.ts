// Starting a bottle: picker, preflight, questions, progress.

import { beforeEach, expect, test } from "vitest";

import { aBackend } from "#tests/helpers/backend-choices.ts";
import { driveView, type ViewDriver } from "#tests/helpers/view-driver.ts";

let drive: ViewDriver;
const agents = [
  { name: "writer", from: "root", bottle: "dev", provider: "command", backend: "local", problem: undefined },
  {
    name: "broken",
    from: "root",
    bottle: "dev",
    provider: "command",
    backend: "local",
    problem: "its bottle is missing",
  },
];

beforeEach(() => {
  drive = driveView();
  drive.sync();
});

function planned(questions: { name: string; prompt: string }[] = []) {
  drive.press("s");
  drive.send({ type: "agents", agents });
  drive.press("enter");
  const layer = drive.view.stack.at(-1);
  if (layer?.type !== "preflight") throw new Error("no preflight");
  const plan = { request: layer.request, slug: "writer-12345", lines: [], questions, warnings: [] };
  drive.send({ type: "planned", request: layer.request, plan });
  return plan;
}

test("`d` starts the demo on the welcome screen", () => {
  expect(drive.scene().props.screen.type).toBe("welcome");
  drive.press("d");
  expect(drive.effects).toEqual([{ type: "start-demo" }]);
  drive.send({ type: "progress", step: { type: "step", step: "sidecars", state: "started" } });
  expect(drive.view.stack).toMatchObject([{ type: "progress", steps: [{ step: "sidecars", state: "started" }] }]);
});

test("an agent that cannot be started says why", () => {
  drive.press("s");
  drive.send({ type: "agents", agents });
  drive.press("down", "enter");
  expect(drive.notice()).toContain("its bottle is missing");
});

test("nothing is launched before the preflight was shown and confirmed", () => {
  const plan = planned();
  expect(drive.effects.map(({ type }) => type)).toEqual(["load-agents", "preflight"]);
  drive.press("enter");
  expect(drive.effects.at(-1)).toEqual({ type: "launch", plan });
  expect(drive.view.stack.map(({ type }) => type)).toEqual(["progress"]);
});

test("a bottle that asks for values gets them, masked, before it is launched", () => {
  planned([{ name: "TOKEN", prompt: "your token" }]);
  drive.press("enter");
  expect(drive.view.stack.at(-1)).toMatchObject({ type: "form", fields: [{ name: "TOKEN", secret: true }] });
  drive.send({ type: "text", value: "s3cret" });
  drive.press("enter");
  expect(drive.effects.at(-1)).toMatchObject({ type: "preflight", request: { answers: { TOKEN: "s3cret" } } });
});

test("a label and the copy of the folder make another preflight", () => {
  planned();
  drive.press("c");
  expect(drive.effects.at(-1)).toMatchObject({ type: "preflight", request: { copyCwd: "." } });
  drive.press("e");
  drive.send({ type: "text", value: "docs" });
  drive.press("enter");
  expect(drive.effects.at(-1)).toMatchObject({ type: "preflight", request: { copyCwd: ".", label: "docs" } });
});

test("an answer to an older preflight is dropped", () => {
  const { request, ...plan } = planned();
  drive.press("c");
  drive.send({ type: "planned", request, plan: { ...plan, request } });
  expect(drive.view.stack.at(-1)).toMatchObject({ type: "preflight", plan: null });
});

test("the launched bottle is selected and its screen shown", () => {
  planned();
  drive.press("enter");
  drive.send({ type: "launched", slug: "writer-12345" });
  drive.console.script.bottle({ slug: "a-first" });
  drive.console.script.bottle({ slug: "writer-12345" });
  drive.sync();
  expect(drive.view).toMatchObject({ selected: "writer-12345", tab: "screen", stack: [] });
});

test("a failed launch stays on the screen until it is left", () => {
  planned();
  drive.press("enter");
  drive.send({ type: "progress-failed", problem: "bwrap: no user namespaces" });
  expect(drive.view.stack).toMatchObject([{ type: "progress", failed: "bwrap: no user namespaces" }]);
  drive.press("esc");
  expect(drive.view.stack).toEqual([]);
});

test("the demo can be started again while there are bottles, by its key and from the palette", () => {
  const drive = driveView();
  drive.console.script.bottle({ slug: "a-1" });
  drive.sync();
  drive.press("d");
  expect(drive.effects).toEqual([{ type: "start-demo" }]);
  drive.send({ type: "launched", slug: "demo-2" });
  drive.press(":");
  drive.send({ type: "text", value: "demo" });
  drive.press("enter");
  expect(drive.effects).toEqual([{ type: "start-demo" }, { type: "start-demo" }]);
});

test("`b` chooses where it runs, and the preflight is made anew for it", () => {
  planned();
  drive.press("b");
  expect(drive.effects.at(-1)).toEqual({ type: "probe-backends" });
  drive.press("enter");
  expect(drive.notice()).toContain("still being asked");
  const down = { available: false, why: "no daemon answers", hint: "start it" } as const;
  drive.send({
    type: "backends",
    backends: [aBackend({ name: "local" }), aBackend(), aBackend({ name: "docker:b", probe: down })],
  });
  drive.press("down", "down", "enter");
  expect(drive.notice()).toContain("no daemon answers");
  drive.press("up", "enter");
  expect(drive.effects.at(-1)).toMatchObject({ type: "preflight", request: { agent: "writer", backend: "docker" } });
  expect(drive.view.stack.map(({ type }) => type)).toEqual(["picker", "preflight"]);
});
