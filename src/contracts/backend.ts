// What a backend is: one factory, one interface; tests/contract/ runs one suite against each.

import type { Activity, RunStatus } from "#domain/fleet/run-status.ts";
import type { Stats } from "#domain/fleet/event.ts";
import type { Isolation } from "#domain/fleet/isolation.ts";
import type { ShellEvent } from "#domain/guest-agent/protocol.ts";
import type { LaunchStep } from "#domain/launch/step.ts";

/** Declared, never discovered by failure; each false one has a reason that people read. */
export interface Capabilities {
  readonly rebuild: Capability;
  readonly pause: Capability;
  readonly snapshot: Capability;
  readonly stats: Capability;
  readonly workspaceCopy: Capability;
  readonly resume: Capability;
}
export type { LaunchStep };

export type Capability = { readonly can: true } | { readonly can: false; readonly why: string };

export type Probe =
  | {
      readonly available: true;
      readonly version: string;
      readonly mechanism: string;
      readonly weaknesses: readonly string[];
    }
  | { readonly available: false; readonly why: string; readonly hint: string };

/** A file that a provider wants in the bottle; `path` is absolute inside it. */
export interface GuestFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/** Everything about a bottle that is settled before anything is created. Holds secrets: never printed or written whole. */
export interface BottleSpec {
  readonly slug: string;
  readonly argv: readonly string[];
  /** The agent's environment. Values never stand in an argument list. */
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly GuestFile[];
  /** The host folder to copy to the workspace, when there is one. */
  readonly copyCwd: string | undefined;
  readonly resources: Resources;
  readonly supervise: boolean;
  /** EGRESS_TOKEN_0, EGRESS_SECRET_<NAME> → its value; for the egress sidecar's environment alone. */
  readonly secrets: Readonly<Record<string, string>>;
  /** A PEM file with further roots for upstream servers. */
  readonly upstreamCa: string | undefined;
  /** Keep the home that a former run of this slug left. */
  readonly resume: boolean;
}

export interface Resources {
  readonly cpus?: number;
  /** Bytes. */
  readonly memory?: number;
  readonly pids?: number;
}

/** What a launch will do, for the preflight: `summary` is printed as it is; `enforces` says what the backend holds. */
export interface LaunchPlan {
  readonly spec: BottleSpec;
  readonly mechanism: string;
  readonly enforces: readonly string[];
  readonly weaknesses: readonly string[];
}

export type BackendEvent =
  | { readonly type: "run-status"; readonly slug: string; readonly status: RunStatus }
  | {
      readonly type: "activity";
      readonly slug: string;
      readonly activity: Activity;
      readonly at: string;
      readonly authority: string;
    }
  | { readonly type: "last-line"; readonly slug: string; readonly text: string }
  | {
      readonly type: "sidecar";
      readonly slug: string;
      readonly sidecar: string;
      readonly up: boolean;
      readonly detail: string;
    }
  | { readonly type: "host"; readonly host: string; readonly up: boolean; readonly detail: string };

/** `activity`: what the terminal shows of a running agent, where the backend knows. */
export interface Listed {
  readonly slug: string;
  readonly status: RunStatus;
  readonly activity?: Activity;
}

export interface Backend {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Cheap; never throws. */
  probe(): Promise<Probe>;
  plan(spec: BottleSpec): Promise<LaunchPlan>;
  /** Tears down all that it made when it fails or `signal` aborts. Throws BottleError. */
  launch(plan: LaunchPlan, progress: (step: LaunchStep) => void, signal: AbortSignal): Promise<Bottle>;
  /** A handle on a bottle of this backend; its state folder exists, its processes may be gone. */
  open(slug: string): Bottle;
  list(): Promise<Listed[]>;
  /** Resolves once the state of every bottle was emitted; changes follow until `signal` aborts. */
  watch(emit: (event: BackendEvent) => void, signal: AbortSignal): Promise<void>;
}

export interface Bottle {
  readonly slug: string;
  status(): Promise<RunStatus>;
  /** The agent's terminal; any number may be attached. Throws `unavailable` when the bottle does not run. */
  attach(): Promise<Terminal>;
  stats(): Promise<Stats | null>;
  isolation(): Promise<Isolation | null>;
  /** Ends the agent (HUP, then KILL) and the sidecars; the home survives. Idempotent. */
  stop(): Promise<void>;
  /** Ends what runs and leaves nothing outside the state folder. Idempotent; the caller removes the state folder. */
  remove(): Promise<void>;
}

/** One viewer's connection to an agent's terminal. */
export interface Terminal {
  readonly cols: number;
  readonly rows: number;
  /** Rebuilds the screen in an empty terminal of cols × rows. */
  readonly snapshot: string;
  /** Events from right after the snapshot; the iterator ends when the connection does. */
  readonly events: AsyncIterable<ShellEvent>;
  write(data: string): void;
  resize(cols: number, rows: number): void;
  signal(signal: "HUP" | "INT" | "TERM" | "KILL"): Promise<void>;
  /** Leaves; the agent goes on. */
  detach(): void;
}
