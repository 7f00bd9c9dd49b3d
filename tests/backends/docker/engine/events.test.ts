import type { ServerResponse } from "node:http";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { connectEngine } from "#backends/docker/engine/connect.ts";
import { parseEndpoint } from "#backends/docker/engine/endpoint.ts";
import type { Engine, EngineEvent } from "#backends/docker/engine/engine.ts";
import { parseEvent } from "#backends/docker/engine/events.ts";

import { fakeDaemon, NO_DAEMON, type FakeDaemon } from "../fake-daemon.ts";

let daemon: FakeDaemon;
let streams: ServerResponse[];
let filters: (string | null)[];
let stop: AbortController;
let engine: Engine;
beforeEach(async () => {
  streams = [];
  filters = [];
  stop = new AbortController();
  daemon = await fakeDaemon({
    "GET /events": (response, query) => {
      filters.push(query.get("filters"));
      streams.push(response);
      response.writeHead(200, { "Content-Type": "application/json" });
      response.flushHeaders();
    },
  });
  engine = connectEngine(parseEndpoint(daemon.url, "test", undefined), "second");
});
afterEach(async () => {
  stop.abort();
  await daemon.remove();
});

/** What a subscriber was told, in order. */
function subscriber(resync: () => void | Promise<void> = () => {}) {
  const told: string[] = [];
  return {
    told,
    onEvent: ({ action }: EngineEvent) => void told.push(action),
    async resync() {
      told.push("resync");
      await resync();
    },
    onState: (state: { up: boolean }) => void told.push(state.up ? "up" : "down"),
  };
}

const event = (action: string, more: object = {}): string =>
  `${JSON.stringify({ Type: "container", Action: action, Actor: { ID: "1", Attributes: { "bottle-dash.slug": "a" } }, time: 1, ...more })}\n`;

describe("a subscription to a daemon's events", () => {
  test("asks for its labels alone, tells that it is up, and has everything looked at before it resolves", async () => {
    const heard = subscriber();
    await engine.subscribe(["bottle-dash.root=x"], heard, stop.signal);
    expect(filters).toEqual([JSON.stringify({ label: ["bottle-dash.root=x"] })]);
    expect(heard.told).toEqual(["up", "resync"]);
  });

  test("gives each event, also those that come in pieces or while everything is looked at", async () => {
    const looking = Promise.withResolvers<void>();
    const heard = subscriber(() => looking.promise);
    const subscribed = engine.subscribe([], heard, stop.signal);
    await vi.waitFor(() => expect(heard.told).toContain("resync"));
    const [head, tail] = [event("start").slice(0, 20), event("start").slice(20)];
    streams[0]!.write(head);
    streams[0]!.write(`${tail}${event("die")}`);
    await vi.waitFor(() => expect(heard.told).toEqual(["up", "resync", "start", "die"]));
    looking.resolve();
    await subscribed;
  });

  test("leaves out what is no event", async () => {
    const heard = subscriber();
    await engine.subscribe([], heard, stop.signal);
    streams[0]!.write(`nonsense\n${JSON.stringify({ Type: "daemon", Action: "reload" })}\n{"Type":1}\n${event("die")}`);
    await vi.waitFor(() => expect(heard.told).toEqual(["up", "resync", "die"]));
  });

  test("that is lost is told of once, made again, and everything looked at again", async () => {
    const heard = subscriber();
    await engine.subscribe([], heard, stop.signal);
    await daemon.close();
    await vi.waitFor(() => expect(heard.told).toEqual(["up", "resync", "down"]));
    await daemon.listen();
    await vi.waitFor(() => expect(heard.told).toEqual(["up", "resync", "down", "up", "resync"]), 5000);
    streams.at(-1)!.write(event("start"));
    await vi.waitFor(() => expect(heard.told.at(-1)).toBe("start"));
  });

  test("is lost as well when the daemon breaks off in the middle of an event", async () => {
    const heard = subscriber();
    await engine.subscribe([], heard, stop.signal);
    streams[0]!.write(event("start").slice(0, 30));
    streams[0]!.destroy();
    await vi.waitFor(() => expect(heard.told.slice(2)).toEqual(["down", "up", "resync"]), 5000);
  });

  test("to a daemon that is down resolves when that was told, with why", async () => {
    const down: string[] = [];
    const none = connectEngine(parseEndpoint(NO_DAEMON, "test", undefined), "second");
    await none.subscribe(
      [],
      { onEvent: () => {}, resync: () => {}, onState: (state) => void (state.up || down.push(state.why)) },
      stop.signal,
    );
    expect(down).toEqual([expect.stringMatching(/^docker:second: there is no Docker daemon at /)]);
  });

  test("that cannot look at everything is tried again", async () => {
    let failing = true;
    const heard = subscriber(() => {
      if (failing) throw new Error("not now");
    });
    await engine.subscribe([], heard, stop.signal);
    expect(heard.told).toEqual(["up", "resync", "down"]);
    failing = false;
    await vi.waitFor(() => expect(heard.told.slice(-2)).toEqual(["up", "resync"]), 5000);
  });

  test("ends when it is aborted: the daemon is asked nothing more, and nothing is told", async () => {
    const heard = subscriber();
    await engine.subscribe([], heard, stop.signal);
    const closed = new Promise((resolve) => streams[0]!.once("close", resolve));
    stop.abort();
    await closed;
    expect(heard.told).toEqual(["up", "resync"]);
    expect(daemon.asked).toEqual(["GET /events"]);
  });
});

test("an event has the time to the millisecond, and the labels and results as attributes", () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const line = event("die", { time: Math.floor(at / 1000), timeNano: at * 1e6 });
  expect(parseEvent(line)).toEqual({
    type: "container",
    action: "die",
    id: "1",
    attributes: { "bottle-dash.slug": "a" },
    at: new Date(at),
  });
});
