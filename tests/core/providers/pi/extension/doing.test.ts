import { expect, test } from "vitest";

import { after, AT_REST, gaveUp, type Happened, said } from "#core/providers/pi/extension/doing.ts";

const asks = (id: string, tool: string, args: object): Happened => ({ type: "tool_execution_start", id, tool, args });
const ends = (id: string): Happened => ({ type: "tool_execution_end", id });
const through = (...all: Happened[]) => all.reduce(after, AT_REST);
const state = (...all: Happened[]) => {
  const { state, detail } = said(through(...all));
  return detail === "" ? state : `${state}: ${detail}`;
};

const start: Happened = { type: "agent_start" };
const turn: Happened = { type: "turn_start" };
const end = (failure = ""): Happened => ({ type: "agent_end", failure });

test("a prompt makes it busy, and its answer idle", () => {
  expect(state()).toBe("idle");
  expect(state(start)).toBe("busy");
  expect(state(start, turn)).toBe("busy");
  expect(state(start, turn, end())).toBe("idle");
});

test("a tool that runs is told by its name alone: what it was given may hold a secret", () => {
  expect(state(start, asks("1", "bash", { command: "curl -u ann:pass https://a.test" }))).toBe("busy: bash");
});

test("it waits while a tool of supervise has asked the operator, and says what for", () => {
  expect(state(start, asks("1", "egress-block", { host: "new.example.com", justification: "for work" }))).toBe(
    "waiting: asks to reach new.example.com",
  );
  expect(state(start, asks("1", "ask-operator", { text: "Which branch?" }))).toBe("waiting: asks: Which branch?");
  expect(said(through(start, asks("1", "ask-operator", { text: "why \n".repeat(99) }))).detail).toMatch(
    /^asks: (?:why ){37}wh$/,
  );
  expect(state(start, asks("1", "capability-block", { dockerfile: "FROM x" }))).toBe("waiting: asks for another image");
  expect(state(start, asks("1", "proposal-status", { id: "0abc" }))).toBe("waiting: waits for a decision on 0abc");
  expect(state(start, asks("1", "list-egress-routes", {}))).toBe("busy: list-egress-routes");
});

test("of tools side by side the one that asks is told until it has its answer", () => {
  const both = [start, asks("1", "egress-block", { host: "a.test" }), asks("2", "bash", { command: "ls" })];
  expect(state(...both)).toBe("waiting: asks to reach a.test");
  expect(state(...both, ends("2"))).toBe("waiting: asks to reach a.test");
  expect(state(...both, ends("1"))).toBe("busy: bash");
  expect(state(...both, ends("1"), ends("2"))).toBe("busy");
});

test("an end takes everything with it that seemed to run", () => {
  expect(state(start, asks("1", "egress-block", { host: "a.test" }), end())).toBe("idle");
  expect(state(start, asks("1", "bash", { command: "ls" }), { type: "session_start" })).toBe("idle");
});

test("a failure that Pi gives up on leaves it idle, and one that it tries again busy until it gives up", () => {
  expect(state(start, end("401 invalid key"))).toBe("idle: failed: 401 invalid key");
  const overloaded = through(start, end("529 overloaded_error"));
  expect(said(overloaded)).toEqual({
    state: "busy",
    detail: "may try again: 529 overloaded_error",
    event: "agent_end",
  });
  expect(gaveUp(overloaded)).toEqual({ state: "idle", detail: "failed: 529 overloaded_error", event: "agent_end" });
  expect(said(after(overloaded, start)).detail).toBe("");
});

test("each state names the event that told it", () => {
  expect(said(through(start, asks("1", "bash", {}))).event).toBe("tool_execution_start");
  expect(said(through(start, asks("1", "bash", {}), ends("1"))).event).toBe("tool_execution_end");
});
