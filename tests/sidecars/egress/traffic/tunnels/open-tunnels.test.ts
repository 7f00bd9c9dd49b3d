import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { openTunnels, type OpenTunnels } from "#sidecars/egress/traffic/tunnels/open-tunnels.ts";

const LIMITS = { most: 3, idleMs: 60_000, totalMs: 600_000, handshakeMs: 1000, lookMs: 5000 };

let tunnels: OpenTunnels;
let closed: Record<string, string>;

beforeEach(() => {
  vi.useFakeTimers();
  tunnels = openTunnels(LIMITS);
  closed = {};
});
afterEach(() => void vi.useRealTimers());

function enter(name: string, { endsIdle = true, counts = true } = {}) {
  const key = {};
  const room = tunnels.enter({ key, counts, endsIdle, close: (why) => void (closed[name] = why) });
  if (!("leave" in room)) throw new Error(room.reason);
  return { ...room, key };
}

describe("when there is no room", () => {
  test("the one that has been idle for longest makes it", () => {
    const first = enter("first");
    vi.advanceTimersByTime(1000);
    enter("second");
    vi.advanceTimersByTime(1000);
    enter("third");
    first.touch();
    vi.advanceTimersByTime(1000);
    enter("fourth");
    expect(Object.keys(closed)).toEqual(["second"]);
    expect(closed["second"]).toMatch(/idle for longest/);
  });

  test("one with something under way is left alone until that is over", () => {
    const first = enter("first");
    const over = tunnels.underWay(first.key);
    vi.advanceTimersByTime(1000);
    enter("second");
    enter("third");
    enter("fourth");
    expect(Object.keys(closed)).toEqual(["second"]);
    over();
    enter("fifth");
    expect(Object.keys(closed)).toEqual(["second", "first"]);
  });

  test("and something is under way in all of them, a further one is refused", () => {
    const all = [enter("1"), enter("2"), enter("3")];
    for (const { key } of all) tunnels.underWay(key);
    expect(() => enter("4")).toThrow("3 tunnels are open already");
    all[0]!.leave();
    enter("4");
    expect(closed).toEqual({});
  });

  test("what is in a tunnel that counts neither takes room nor makes it", () => {
    enter("inside", { counts: false });
    vi.advanceTimersByTime(1000);
    for (const name of ["1", "2", "3", "4"]) enter(name);
    expect(Object.keys(closed)).toEqual(["1"]);
  });
});

describe("a tunnel", () => {
  test("ends when nothing moved for its idle time, and not while something does", () => {
    const moving = enter("moving");
    enter("idle");
    enter("silent", { endsIdle: false });
    for (let at = 0; at < 70_000; at += 5000) {
      moving.touch();
      vi.advanceTimersByTime(5000);
    }
    expect(closed).toEqual({ idle: "idle for 1 minutes" });
  });

  test("ends when its time is over, whatever moves", () => {
    const moving = enter("moving", { endsIdle: false });
    for (let at = 0; at < 605_000; at += 5000) {
      moving.touch();
      vi.advanceTimersByTime(5000);
    }
    expect(closed).toEqual({ moving: "open for 10 minutes" });
  });

  test("that has left is not closed any more, and nothing is looked at when all have", () => {
    const only = enter("only");
    expect(vi.getTimerCount()).toBe(1);
    only.leave();
    only.leave();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1_000_000);
    expect(closed).toEqual({});
    for (const name of ["1", "2", "3"]) enter(name);
    expect(closed).toEqual({});
  });
});
