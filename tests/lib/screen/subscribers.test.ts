import { expect, test } from "vitest";

import type { ShellEvent } from "#domain/guest-agent/protocol.ts";
import { newSubscribers } from "#lib/screen/subscribers.ts";

const screen = () => ({ snapshot: "the screen", cols: 80, rows: 24, cursor: 42 });
const output = (data: string) => ({ type: "output" as const, data, cursor: 1 });

function outlet() {
  const events: ShellEvent[] = [];
  return {
    events,
    queue: 0,
    send: (event: ShellEvent) => void events.push(event),
    queued(): number {
      return this.queue;
    },
  };
}

test("a subscriber that keeps up gets everything", () => {
  const subscribers = newSubscribers(screen, 100);
  const fast = outlet();
  subscribers.add(fast, true);
  subscribers.screen(output("one"));
  subscribers.state({ type: "last-line", text: "one" });
  expect(fast.events).toEqual([output("one"), { type: "last-line", text: "one" }]);
});

test("one that falls behind gets one reset with what it missed, and then goes on; the others notice nothing", () => {
  const subscribers = newSubscribers(screen, 100);
  const [slow, fast] = [outlet(), outlet()];
  const subscription = subscribers.add(slow, true);
  subscribers.add(fast, true);
  slow.queue = 101;
  subscribers.screen(output("lost"));
  subscribers.screen(output("as well"));
  subscribers.state({ type: "last-line", text: "left out too" });
  expect(slow.events).toEqual([]);
  slow.queue = 0;
  subscription.drained();
  subscribers.screen(output("again"));
  expect(slow.events).toEqual([{ type: "reset", ...screen(), dropped: 11 }, output("again")]);
  expect(fast.events).toHaveLength(4);
});

test("one without interest in the screen gets the states alone", () => {
  const subscribers = newSubscribers(screen);
  const quiet = outlet();
  subscribers.add(quiet, false);
  subscribers.screen(output("x"));
  subscribers.screen({ type: "resize", cols: 1, rows: 1 });
  subscribers.state({
    type: "activity",
    activity: "busy",
    authority: "terminal",
    detail: "",
    rule: "",
    evidence: "",
    at: "2026-01-01T00:00:00.000Z",
  });
  expect(quiet.events.map(({ type }) => type)).toEqual(["activity"]);
});

test("the end is told to everybody, also to one that is behind", () => {
  const subscribers = newSubscribers(screen, 100);
  const slow = outlet();
  subscribers.add(slow, true);
  slow.queue = 1000;
  subscribers.screen(output("x"));
  subscribers.state({
    type: "exit",
    exit: { at: "2026-01-01T00:00:00.000Z", exit_code: 0, signal: null, reason: "exited" },
  });
  expect(slow.events.map(({ type }) => type)).toEqual(["exit"]);
});

test("one that left gets nothing", () => {
  const subscribers = newSubscribers(screen);
  const gone = outlet();
  subscribers.add(gone, true).end();
  subscribers.screen(output("x"));
  expect(gone.events).toEqual([]);
});
