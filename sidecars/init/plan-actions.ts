// What init does next: the whole supervision of a bundle as one pure function, events in, commands out.

import type { BundleHealth, DaemonHealth, DaemonName } from "#domain/sidecars/bundle.ts";

import { BACKOFF, backoffMs, type BackoffPolicy } from "./backoff.ts";

export type InitEvent =
  | { readonly type: "started" }
  | { readonly type: "spawned"; readonly daemon: DaemonName; readonly pid: number }
  | { readonly type: "ready"; readonly daemon: DaemonName; readonly at: number }
  | {
      readonly type: "exited";
      readonly daemon: DaemonName;
      readonly code: number | null;
      readonly signal: string | null;
      readonly at: number;
    }
  | { readonly type: "backoff-over"; readonly daemon: DaemonName }
  | { readonly type: "grace-over" }
  | { readonly type: "stop-requested"; readonly by: string }
  | { readonly type: "reload-requested" }
  | { readonly type: "pipelock-restart-requested" };

export type InitCommand =
  | { readonly type: "spawn"; readonly daemon: DaemonName }
  | { readonly type: "signal"; readonly daemon: DaemonName; readonly signal: "SIGTERM" | "SIGKILL" | "SIGHUP" }
  | { readonly type: "start-backoff"; readonly daemon: DaemonName; readonly ms: number }
  | { readonly type: "drop-backoff"; readonly daemon: DaemonName }
  | { readonly type: "start-grace"; readonly ms: number }
  | { readonly type: "announce-ready" }
  | { readonly type: "note"; readonly text: string }
  /** An entry in the bottle's audit log. */
  | { readonly type: "audit-restart"; readonly daemon: DaemonName; readonly detail: string }
  | { readonly type: "finish"; readonly exitCode: number };

export interface DaemonState extends DaemonHealth {
  /** Deaths in a row, without a steady run between them. */
  readonly failures: number;
  /** Monotonic milliseconds; null until the daemon has said that it is ready. */
  readonly readyAt: number | null;
}

export interface InitState {
  readonly phase: "new" | "running" | "stopping" | "finished";
  readonly daemons: readonly DaemonState[];
  /** All daemons have been ready at least once. */
  readonly announced: boolean;
  /** The largest positive exit code that any daemon has had. */
  readonly exitCode: number;
}

export interface InitPolicy {
  readonly backoff: BackoffPolicy;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

export const POLICY: InitPolicy = { backoff: BACKOFF, graceMs: 3000 };

export interface Step {
  readonly state: InitState;
  readonly commands: readonly InitCommand[];
}

export function newBundle(daemons: readonly DaemonName[]): InitState {
  const names = [...new Set(daemons)];
  return {
    phase: "new",
    daemons: names.map((name) => ({
      name,
      state: "stopped",
      pid: null,
      restarts: 0,
      last_exit: null,
      failures: 0,
      readyAt: null,
    })),
    announced: false,
    exitCode: 0,
  };
}

export function planActions(state: InitState, event: InitEvent, policy: InitPolicy = POLICY): Step {
  switch (event.type) {
    case "started":
      return start(state);
    case "spawned":
      return { state: change(state, event.daemon, { pid: event.pid }), commands: [] };
    case "ready":
      return becomeReady(state, event.daemon, event.at);
    case "exited":
      return state.phase === "stopping" ? endedOnRequest(state, event) : died(state, event, policy);
    case "backoff-over":
      return restart(state, event.daemon);
    case "grace-over":
      return killTheRest(state);
    case "stop-requested":
      return stop(state, event.by, policy);
    case "reload-requested":
      return reload(state);
    case "pipelock-restart-requested":
      return note(state, "asked to restart pipelock, but there is no pipelock in this bundle");
  }
}

/** What the health socket shows. */
export function healthOf(state: InitState): BundleHealth {
  return {
    daemons: state.daemons.map(({ name, state: phase, pid, restarts, last_exit }) => ({
      name,
      state: phase,
      pid,
      restarts,
      last_exit,
    })),
  };
}

function start(state: InitState): Step {
  if (state.phase !== "new") return { state, commands: [] };
  return {
    state: {
      ...state,
      phase: "running",
      daemons: state.daemons.map((daemon) => ({ ...daemon, state: "starting" })),
    },
    commands: state.daemons.map(({ name }) => ({ type: "spawn", daemon: name })),
  };
}

function becomeReady(state: InitState, name: DaemonName, at: number): Step {
  if (find(state, name)?.state !== "starting") return { state, commands: [] };
  const ready = change(state, name, { state: "ready", readyAt: at });
  const all = !state.announced && ready.daemons.every((daemon) => daemon.state === "ready");
  return {
    state: all ? { ...ready, announced: true } : ready,
    commands: [{ type: "note", text: `${name} is ready` }, ...(all ? [{ type: "announce-ready" } as const] : [])],
  };
}

type Exited = Extract<InitEvent, { type: "exited" }>;

function died(state: InitState, event: Exited, policy: InitPolicy): Step {
  const daemon = find(state, event.daemon);
  if (state.phase !== "running" || daemon === undefined || !isAlive(daemon)) return { state, commands: [] };
  const steady = daemon.readyAt !== null && event.at - daemon.readyAt >= policy.backoff.steadyMs;
  const failures = steady ? 1 : daemon.failures + 1;
  const ms = backoffMs(failures, policy.backoff);
  const how = describeExit(event);
  return {
    state: change(countCode(state, event), event.daemon, {
      state: "backoff",
      pid: null,
      last_exit: how,
      failures,
      readyAt: null,
    }),
    commands: [
      { type: "note", text: `${event.daemon} ended (${how}); starting it again in ${ms} ms` },
      { type: "start-backoff", daemon: event.daemon, ms },
    ],
  };
}

function restart(state: InitState, name: DaemonName): Step {
  const daemon = find(state, name);
  if (state.phase !== "running" || daemon?.state !== "backoff") return { state, commands: [] };
  const restarts = daemon.restarts + 1;
  const detail = `${name} ended (${daemon.last_exit ?? "unknown"}) and was started again, restart ${restarts}`;
  return {
    state: change(state, name, { state: "starting", restarts }),
    commands: [
      { type: "spawn", daemon: name },
      { type: "audit-restart", daemon: name, detail },
    ],
  };
}

function stop(state: InitState, by: string, policy: InitPolicy): Step {
  if (state.phase === "stopping" || state.phase === "finished") return { state, commands: [] };
  const waiting = state.daemons.filter((daemon) => daemon.state === "backoff");
  const alive = state.daemons.filter(isAlive);
  const stopping: InitState = {
    ...state,
    phase: "stopping",
    daemons: state.daemons.map((daemon) => (daemon.state === "backoff" ? { ...daemon, state: "stopped" } : daemon)),
  };
  const commands: InitCommand[] = [
    { type: "note", text: `stopping: ${by}` },
    ...waiting.map(({ name }) => ({ type: "drop-backoff", daemon: name }) as const),
    ...alive.map(({ name }) => ({ type: "signal", daemon: name, signal: "SIGTERM" }) as const),
  ];
  if (alive.length === 0) return finish(stopping, commands);
  return { state: stopping, commands: [...commands, { type: "start-grace", ms: policy.graceMs }] };
}

function endedOnRequest(state: InitState, event: Exited): Step {
  const daemon = find(state, event.daemon);
  if (daemon === undefined || !isAlive(daemon)) return { state, commands: [] };
  const how = describeExit(event);
  const ended = change(countCode(state, event), event.daemon, { state: "stopped", pid: null, last_exit: how });
  const commands: InitCommand[] = [{ type: "note", text: `${event.daemon} stopped (${how})` }];
  return ended.daemons.some(isAlive) ? { state: ended, commands } : finish(ended, commands);
}

function killTheRest(state: InitState): Step {
  if (state.phase !== "stopping") return { state, commands: [] };
  return {
    state,
    commands: state.daemons.filter(isAlive).flatMap(({ name }): InitCommand[] => [
      { type: "note", text: `${name} did not stop in time: killing it` },
      { type: "signal", daemon: name, signal: "SIGKILL" },
    ]),
  };
}

function reload(state: InitState): Step {
  const egress = find(state, "egress");
  if (egress === undefined) return note(state, "asked to reload, but there is no egress in this bundle");
  // A daemon that still starts has no handler yet, so the signal would end it; it reads the newest table anyway.
  if (state.phase !== "running" || egress.state !== "ready") {
    return note(state, `asked to reload while egress is ${egress.state}: it reads the table when it starts`);
  }
  return { state, commands: [{ type: "signal", daemon: "egress", signal: "SIGHUP" }] };
}

function note(state: InitState, text: string): Step {
  return { state, commands: [{ type: "note", text }] };
}

function finish(state: InitState, commands: readonly InitCommand[]): Step {
  return {
    state: { ...state, phase: "finished" },
    commands: [...commands, { type: "finish", exitCode: state.exitCode }],
  };
}

function find(state: InitState, name: DaemonName): DaemonState | undefined {
  return state.daemons.find((daemon) => daemon.name === name);
}

function change(state: InitState, name: DaemonName, changes: Partial<DaemonState>): InitState {
  return {
    ...state,
    daemons: state.daemons.map((daemon) => (daemon.name === name ? { ...daemon, ...changes } : daemon)),
  };
}

function isAlive(daemon: DaemonState): boolean {
  return daemon.state === "starting" || daemon.state === "ready";
}

/** Ended by a signal counts as nothing: stopping a bundle by signals alone is no failure. */
function countCode(state: InitState, { code }: Exited): InitState {
  return code !== null && code > state.exitCode ? { ...state, exitCode: code } : state;
}

function describeExit({ code, signal }: Exited): string {
  return signal === null ? `exit code ${code ?? "unknown"}` : signal;
}
