import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { createFleetStore } from "#core/watch/fleet-store.ts";
import { BUSY_HOLDS_MS } from "#domain/fleet/agent-state.ts";
import type { FleetEvent } from "#domain/fleet/event.ts";
import { Metadata } from "#domain/fleet/metadata.ts";

const SLUG = "demo-abc12";
const BEGUN = new Date("2026-11-20T12:00:00.000Z");
const at = () => new Date().toISOString();

describe("the clock of the fleet", () => {
  let frames: number;
  const store = () => {
    const made = createFleetStore(() => new Date());
    made.subscribe(() => (frames += 1));
    const metadata = Metadata.parse({ identity: SLUG, agent_name: "demo", started_at: at() });
    made.dispatch({ type: "bottle-found", slug: SLUG, metadata });
    made.dispatch({ type: "run-status", slug: SLUG, status: { phase: "running", since: at() } });
    return { ...made, row: () => made.fleet().bottles[0] };
  };
  const said = (activity: "busy" | "idle", authority: "agent" | "terminal"): FleetEvent => ({
    type: "activity",
    slug: SLUG,
    activity,
    authority,
    at: at(),
  });

  beforeEach(() => {
    vi.useFakeTimers({ now: BEGUN, toFake: ["setInterval", "clearInterval", "Date"] });
    frames = 0;
  });
  afterEach(() => void vi.useRealTimers());

  test("makes a state unknown that nobody confirms, and draws once for it", () => {
    const { dispatch, row } = store();
    dispatch(said("busy", "agent"));
    frames = 0;
    vi.advanceTimersByTime(BUSY_HOLDS_MS - 1000);
    expect([row()?.state, frames]).toEqual(["busy", 0]);
    vi.advanceTimersByTime(6000);
    expect(row()).toMatchObject({ state: "unknown", why: expect.stringContaining("was busy") });
    expect(frames).toBe(1);
    vi.advanceTimersByTime(3_600_000);
    expect(frames).toBe(1);
  });

  test("stands still while no state can become stale", () => {
    const { dispatch } = store();
    expect(vi.getTimerCount()).toBe(1); // it starts
    dispatch(said("idle", "terminal"));
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
    dispatch(said("busy", "agent"));
    expect(vi.getTimerCount()).toBe(1);
    dispatch(said("busy", "terminal"));
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
    dispatch(said("idle", "terminal"));
    expect(vi.getTimerCount()).toBe(1);
  });

  test("forgets at a new run what was said in the one before", () => {
    const { dispatch, row } = store();
    dispatch(said("idle", "terminal"));
    dispatch(said("busy", "agent"));
    dispatch({ type: "run-status", slug: SLUG, status: { phase: "exited", since: at(), exit_code: 0, signal: null } });
    expect(row()?.state).toBe("exited");
    vi.advanceTimersByTime(1000);
    const old = said("busy", "agent");
    vi.advanceTimersByTime(1000);
    dispatch({ type: "run-status", slug: SLUG, status: { phase: "running", since: at() } });
    expect(row()).toMatchObject({ state: "starting" });
    expect(row()?.words).toBeUndefined();
    dispatch(old); // read late
    expect(row()?.state).toBe("starting");
    dispatch(said("idle", "terminal"));
    expect(row()?.state).toBe("idle");
  });
});
