// init's supervision as a table of conversations: events in, commands out.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  healthOf,
  newBundle,
  planActions,
  POLICY,
  type InitCommand,
  type InitEvent,
  type InitState,
} from "#sidecars/init/plan-actions.ts";
import type { DaemonName } from "#domain/sidecars/bundle.ts";

const started: InitEvent = { type: "started" };
const ready = (daemon: DaemonName, at = 0): InitEvent => ({ type: "ready", daemon, at });
const exited = (daemon: DaemonName, code: number | null = 0, signal: string | null = null, at = 0): InitEvent => ({
  type: "exited",
  daemon,
  code,
  signal,
  at,
});
const over = (daemon: DaemonName): InitEvent => ({ type: "backoff-over", daemon });
const stop: InitEvent = { type: "stop-requested", by: "SIGTERM" };

/** Plays events one after another; `commands` are those of the last one, notes left out. */
function play(...events: InitEvent[]): { state: InitState; commands: InitCommand[]; notes: string[] } {
  let state = newBundle(["egress", "supervise"]);
  let commands: readonly InitCommand[] = [];
  for (const event of events) ({ state, commands } = planActions(state, event));
  return {
    state,
    commands: commands.filter(({ type }) => type !== "note"),
    notes: commands.flatMap((command) => (command.type === "note" ? [command.text] : [])),
  };
}

const stateOf = (state: InitState, name: DaemonName) => healthOf(state).daemons.find((daemon) => daemon.name === name);
const running = [started, ready("egress"), ready("supervise")];

describe("starting", () => {
  it("starts every daemon once, however often it is named", () => {
    const bundle = newBundle(["egress", "supervise", "egress"]);
    expect(planActions(bundle, started).commands).toEqual([
      { type: "spawn", daemon: "egress" },
      { type: "spawn", daemon: "supervise" },
    ]);
    expect(play(started, started).commands).toEqual([]);
  });

  it("announces readiness when the last daemon is ready, and never again", () => {
    expect(play(started, ready("egress")).commands).toEqual([]);
    expect(play(...running).commands).toEqual([{ type: "announce-ready" }]);
    expect(play(...running, exited("egress", 1), over("egress"), ready("egress")).commands).toEqual([]);
  });

  it("shows each daemon's pid and state", () => {
    const { state } = play(started, { type: "spawned", daemon: "egress", pid: 42 }, ready("egress"));
    expect(stateOf(state, "egress")).toEqual({ name: "egress", state: "ready", pid: 42, restarts: 0, last_exit: null });
    expect(stateOf(state, "supervise")?.state).toBe("starting");
  });

  it("does not believe a ready line of a daemon that is not starting", () => {
    expect(stateOf(play(started, exited("egress", 1), ready("egress")).state, "egress")?.state).toBe("backoff");
    expect(play(ready("egress")).commands).toEqual([]);
  });
});

describe("restarting", () => {
  it("waits before it starts a dead daemon again, and leaves the others alone", () => {
    const dead = play(...running, exited("egress", null, "SIGKILL"));
    expect(dead.commands).toEqual([{ type: "start-backoff", daemon: "egress", ms: 100 }]);
    expect(dead.notes).toEqual(["egress ended (SIGKILL); starting it again in 100 ms"]);
    expect(stateOf(dead.state, "egress")).toMatchObject({ state: "backoff", pid: null, last_exit: "SIGKILL" });
    expect(stateOf(dead.state, "supervise")?.state).toBe("ready");
  });

  it("starts it and records the restart in the audit log", () => {
    const again = play(...running, exited("egress", 7), over("egress"));
    expect(again.commands).toEqual([
      { type: "spawn", daemon: "egress" },
      {
        type: "audit-restart",
        daemon: "egress",
        detail: "egress ended (exit code 7) and was started again, restart 1",
      },
    ]);
    expect(stateOf(again.state, "egress")).toMatchObject({ state: "starting", restarts: 1, last_exit: "exit code 7" });
  });

  it("doubles the delay with each death in a row, up to the cap", () => {
    let state = planActions(newBundle(["egress"]), started).state;
    const delays: number[] = [];
    for (let death = 0; death < 12; death += 1) {
      const step = planActions(state, exited("egress", 1));
      delays.push(...step.commands.flatMap((command) => (command.type === "start-backoff" ? [command.ms] : [])));
      state = planActions(step.state, over("egress")).state;
    }
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]);
  });

  it("begins anew after a steady run, but not after one that never got ready", () => {
    const twice = [...running, exited("egress", 1), over("egress"), ready("egress", 1000)];
    const steady = exited("egress", 1, null, 1000 + POLICY.backoff.steadyMs);
    const brief = exited("egress", 1, null, 999 + POLICY.backoff.steadyMs);
    expect(play(...twice, steady).commands).toEqual([{ type: "start-backoff", daemon: "egress", ms: 100 }]);
    expect(play(...twice, brief).commands).toEqual([{ type: "start-backoff", daemon: "egress", ms: 200 }]);
    const neverReady = [started, exited("egress", 1), over("egress"), exited("egress", 1, null, 1e9)];
    expect(play(...neverReady).commands).toEqual([{ type: "start-backoff", daemon: "egress", ms: 200 }]);
  });

  it("ignores an exit and a timer that belong to nobody any more", () => {
    expect(play(...running, exited("egress", 1), exited("egress", 1)).commands).toEqual([]);
    expect(play(...running, over("egress")).commands).toEqual([]);
    expect(play(exited("egress", 1)).commands).toEqual([]);
  });
});

describe("stopping", () => {
  it("asks every living daemon to end, and gives them a grace period", () => {
    expect(play(...running, stop).commands).toEqual([
      { type: "signal", daemon: "egress", signal: "SIGTERM" },
      { type: "signal", daemon: "supervise", signal: "SIGTERM" },
      { type: "start-grace", ms: POLICY.graceMs },
    ]);
  });

  it("finishes when the last one has ended", () => {
    expect(play(...running, stop, exited("egress")).commands).toEqual([]);
    const done = play(...running, stop, exited("egress"), exited("supervise"));
    expect(done.commands).toEqual([{ type: "finish", exitCode: 0 }]);
    expect(done.state.phase).toBe("finished");
  });

  it("kills what is left when the grace period is over", () => {
    expect(play(...running, stop, exited("egress"), { type: "grace-over" }).commands).toEqual([
      { type: "signal", daemon: "supervise", signal: "SIGKILL" },
    ]);
    expect(play(...running, { type: "grace-over" }).commands).toEqual([]);
  });

  it("drops a pending restart and never starts a daemon again", () => {
    expect(play(...running, exited("egress", 1), stop).commands).toEqual([
      { type: "drop-backoff", daemon: "egress" },
      { type: "signal", daemon: "supervise", signal: "SIGTERM" },
      { type: "start-grace", ms: POLICY.graceMs },
    ]);
    expect(play(...running, exited("egress", 1), stop, over("egress")).commands).toEqual([]);
  });

  it("finishes at once when nothing lives", () => {
    expect(play(started, exited("egress", 4), exited("supervise", 2), stop).commands).toEqual([
      { type: "drop-backoff", daemon: "egress" },
      { type: "drop-backoff", daemon: "supervise" },
      { type: "finish", exitCode: 4 },
    ]);
    expect(play(stop).commands).toEqual([{ type: "finish", exitCode: 0 }]);
  });

  it("takes a second request as the same one", () => {
    expect(play(...running, stop, stop).commands).toEqual([]);
    expect(play(stop, started).commands).toEqual([]);
  });
});

describe("the exit code", () => {
  it("is the largest positive code of any daemon, a mended crash included", () => {
    const done = play(started, exited("egress", 9), over("egress"), exited("supervise", 3), stop, exited("egress"));
    expect(done.commands).toEqual([{ type: "finish", exitCode: 9 }]);
  });

  it("is 0 when signals alone ended the daemons", () => {
    const killed = [exited("egress", null, "SIGTERM"), exited("supervise", null, "SIGKILL")];
    expect(play(...running, stop, ...killed).commands).toEqual([{ type: "finish", exitCode: 0 }]);
  });
});

describe("requests", () => {
  const reload: InitEvent = { type: "reload-requested" };

  it("passes a reload on to egress", () => {
    expect(play(...running, reload).commands).toEqual([{ type: "signal", daemon: "egress", signal: "SIGHUP" }]);
  });

  it("never sends a reload to an egress without a handler for it yet, since that would end it", () => {
    expect(play(started, reload).commands).toEqual([]);
    expect(play(...running, exited("egress", 1), reload).commands).toEqual([]);
    expect(play(...running, stop, reload).commands).toEqual([]);
    expect(planActions(newBundle(["supervise"]), reload).commands).toMatchObject([{ type: "note" }]);
  });

  it("says that there is no pipelock to restart", () => {
    const { notes, commands } = play(...running, { type: "pipelock-restart-requested" });
    expect(commands).toEqual([]);
    expect(notes).toEqual(["asked to restart pipelock, but there is no pipelock in this bundle"]);
  });
});

describe("whatever happens", () => {
  const name = fc.constantFrom<DaemonName>("egress", "supervise");
  const code = fc.option(fc.nat(5));
  const anyEvent: fc.Arbitrary<InitEvent> = fc.oneof(
    fc.constantFrom<InitEvent>(started, stop, { type: "reload-requested" }, { type: "grace-over" }),
    name.map((daemon) => ready(daemon)),
    name.map(over),
    fc
      .record({ daemon: name, code })
      .map(({ daemon, code: value }) => exited(daemon, value, value === null ? "SIGKILL" : null)),
  );

  it("never has two processes of one daemon, starts none once stopping, and finishes once", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        expect(violations(events)).toEqual([]);
      }),
    );
  });
});

function violations(events: readonly InitEvent[]): string[] {
  let state = newBundle(["egress", "supervise"]);
  const alive = new Set<DaemonName>();
  const found: string[] = [];
  for (const event of events) {
    if (event.type === "exited" && !alive.delete(event.daemon)) continue; // only what lives can end
    const { phase } = state;
    const step = planActions(state, event);
    state = step.state;
    for (const command of step.commands) {
      if (command.type === "spawn") {
        if (phase === "stopping" || phase === "finished") found.push(`${command.daemon} started while ${phase}`);
        if (alive.has(command.daemon)) found.push(`${command.daemon} started twice`);
        alive.add(command.daemon);
      }
      if (command.type === "signal" && !alive.has(command.daemon)) found.push(`${command.daemon} signalled, but dead`);
      if (command.type === "finish" && (phase === "finished" || alive.size > 0)) found.push(`finished while ${phase}`);
    }
  }
  return found;
}
