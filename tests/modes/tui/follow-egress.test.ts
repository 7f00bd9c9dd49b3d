// The traffic of a bottle as it is read: none missed, none twice, and what there is stays when the proxy is gone.

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { EgressFollower } from "#modes/tui/follow-egress.ts";
import { scriptedConsole, type ScriptedConsole } from "#tests/helpers/scripted-console.ts";

let console: ScriptedConsole;
let abort: AbortController;
let changes: number;
let follower: EgressFollower;

beforeEach(() => {
  console = scriptedConsole();
  abort = new AbortController();
  changes = 0;
  follower = new EgressFollower(console.egress, "a-1", abort.signal, () => (changes += 1));
});
afterEach(() => abort.abort());

const paths = (): string[] => {
  const all: string[] = [];
  for (let seq = follower.requests.first; seq <= follower.requests.last; seq += 1)
    all.push(follower.requests.at(seq)?.request.path ?? "");
  return all;
};

test("recent requests come first, later ones as they come, none twice", async () => {
  console.script.request("a-1", { path: "/old" });
  follower.refresh();
  console.script.request("a-1", { path: "/meanwhile" });
  await vi.waitFor(() => expect(follower.status).not.toBeNull());
  console.script.request("a-1", { path: "/new" });
  await vi.waitFor(() => expect(paths()).toEqual(["/old", "/meanwhile", "/new"]));
  expect(changes).toBeGreaterThan(0);
});

test("a proxy that does not answer says why, and is asked again", async () => {
  console.script.failNext("egress.status", new Error("the egress proxy does not answer"));
  follower.refresh();
  await vi.waitFor(() => expect(follower.problem).toBe("the egress proxy does not answer"));
  console.script.request("a-1", { path: "/old" });
  follower.refresh();
  await vi.waitFor(() => expect(follower.problem).toBe(""), { timeout: 5000 });
  console.script.request("a-1", { path: "/new" });
  expect(paths()).toEqual(["/old", "/new"]);
});

test("what was seen stays when the proxy is gone", async () => {
  console.script.request("a-1", { path: "/old" });
  follower.refresh();
  await vi.waitFor(() => expect(paths()).toEqual(["/old"]));
  console.script.failNext("egress.status", new Error("gone"));
  follower.refresh("now");
  await vi.waitFor(() => expect(follower.problem).toBe("gone"));
  expect(paths()).toEqual(["/old"]);
});

test("a fleet that changes all the time does not ask for the counters each time", async () => {
  follower.refresh();
  await vi.waitFor(() => expect(follower.status).not.toBeNull());
  for (let index = 0; index < 50; index += 1) follower.refresh();
  const asked = () => console.script.calls.filter(({ name }) => name === "egress.status").length;
  expect(asked()).toBe(1);
  await vi.waitFor(() => expect(asked()).toBe(2), { timeout: 5000 });
});

test("nothing is told after it was left", async () => {
  follower.refresh();
  await vi.waitFor(() => expect(follower.status).not.toBeNull());
  abort.abort();
  const before = changes;
  console.script.request("a-1", { path: "/late" });
  await Promise.resolve();
  expect(changes).toBe(before);
});
