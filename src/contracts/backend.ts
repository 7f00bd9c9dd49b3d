// What a backend is: one factory, one interface; tests/contract/ runs one suite against each.

import type { Activity, Authority, RunStatus } from "#domain/fleet/run-status.ts";
import type { Stats } from "#domain/fleet/event.ts";
import type { Isolation } from "#domain/fleet/isolation.ts";
import type { ShellEvent } from "#domain/guest-agent/protocol.ts";
import type { SeedWatch } from "#domain/credentials/seed-watch.ts";
import type { GitGate } from "#domain/git-gate/gate.ts";
import type { ScreenView } from "#domain/provider/screen-rules.ts";
import type { LaunchStep } from "#domain/launch/step.ts";

/** Declared, never discovered by failure; each false one has a reason that people read. */
export interface Capabilities {
  readonly rebuild: Capability;
  readonly pause: Capability;
  readonly snapshot: Capability;
  readonly stats: Capability;
  readonly workspaceCopy: Capability;
  readonly resume: Capability;
  /** Commands of the operator's inside the bottle: then a bottle has `exec`. */
  readonly exec: Capability;
  /** Then a bottle has `copyIn` and `copyOut`. */
  readonly copy: Capability;
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
  /** Of `content`; utf8 when it is missing. */
  readonly encoding?: "utf8" | "base64";
  /** Left as it is when the home has it already: the agent's own changes stay. */
  readonly keep?: boolean;
}

/** An executable that must be on the bottle's PATH. */
export interface Program {
  /** As the agent's argv calls it: codex. */
  readonly name: string;
  /** How to get it where the backend takes it from this machine: `npm install --global @openai/codex`. */
  readonly install: string;
}

/** Everything about a bottle that is settled before anything is created. Holds secrets: never printed or written whole. */
export interface BottleSpec {
  readonly slug: string;
  readonly argv: readonly string[];
  /** In an image it is there already; a backend without images takes it from this machine, read-only. */
  readonly program: Program | undefined;
  /** The agent's environment. Values never stand in an argument list. */
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly GuestFile[];
  /** The host folder to copy to the workspace, when there is one. */
  readonly copyCwd: string | undefined;
  /** Where the agent starts, inside: the home, or the workspace when something was ever copied there. */
  readonly cwd: string;
  readonly resources: Resources;
  readonly supervise: boolean;
  /** EGRESS_TOKEN_0, EGRESS_SECRET_<NAME> → its value; for the egress sidecar's environment alone. */
  readonly secrets: Readonly<Record<string, string>>;
  /** A PEM file with further roots for upstream servers. */
  readonly upstreamCa: string | undefined;
  /** Keep the home that a former run of this slug left. */
  readonly resume: boolean;
  /** What the bottle is made from, where the backend uses images. */
  readonly image: ImageSource;
  /** An OCI runtime by name, such as runsc; the daemon's default when undefined. */
  readonly runtime: string | undefined;
  /** The repositories behind the git gate; undefined when there are none. */
  readonly gitGate: GitGate | undefined;
  /** Unix sockets of the operator's, absolute, that names of the table are pinned to: egress must be able to reach them. */
  readonly upstreamSockets: readonly string[];
  /** A credential of the agent's own, whose changes are kept: the daemon `credentials` watches it. Only ever given to `local`. */
  readonly seed?: Pick<SeedWatch, "seed" | "file" | "token">;
}

export type ImageSource =
  /** One of ours (backends/docker/images/<name>/Dockerfile): claude, codex, pi, or bare for anything else. */
  | { readonly kind: "ours"; readonly name: string }
  /** The operator's own file, absolute; the build's context is its folder. */
  | { readonly kind: "dockerfile"; readonly path: string };

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
  /** Where `spec.program` comes from, where that is this machine. */
  readonly program?: HostProgram;
}

/** An executable of this machine that a bottle gets, read-only. */
export interface HostProgram {
  readonly name: string;
  /** The executable itself, absolute, with all links followed. */
  readonly file: string;
  /** What the bottle sees of this machine for its sake: a folder of packages, or `file` alone. */
  readonly shown: string;
  /** As its package says: `@openai/codex 0.169.0`. */
  readonly version: string | undefined;
}

export type BackendEvent =
  | { readonly type: "run-status"; readonly slug: string; readonly status: RunStatus }
  | {
      readonly type: "activity";
      readonly slug: string;
      readonly activity: Activity;
      readonly at: string;
      /** Since when it stands so, where that is known and earlier than `at`. */
      readonly since?: string;
      readonly authority: Authority;
      /** What an agent waits for; plain text, may be missing, as the following. */
      readonly detail?: string;
      /** The rule of its provider that matched, and the text that did. */
      readonly rule?: string;
      readonly evidence?: string;
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
  readonly activity?: readonly Shown[];
}

/** What an agent's terminal shows at this moment: whether it moves, or what the rules of its provider read there. */
export type Shown = Pick<Extract<BackendEvent, { type: "activity" }>, "activity" | "authority"> &
  Partial<Pick<Extract<BackendEvent, { type: "activity" }>, "at" | "since" | "detail" | "rule" | "evidence">>;

export interface Backend {
  /** What definitions and metadata call it: local, docker, or docker:<host> for a further daemon. */
  readonly name: string;
  /** The machine, as the fleet shows it: "local" for this one. */
  readonly host: string;
  readonly capabilities: Capabilities;
  /** Cheap; never throws. */
  probe(): Promise<Probe>;
  plan(spec: BottleSpec): Promise<LaunchPlan>;
  /** Tears down all that it made when it fails or `signal` aborts. Throws BottleError. */
  launch(plan: LaunchPlan, progress: (step: LaunchStep) => void, signal: AbortSignal): Promise<Bottle>;
  /** A handle on a bottle of this backend; its state folder exists, its processes may be gone. */
  open(slug: string): Bottle;
  list(): Promise<Listed[]>;
  /** The text of the Dockerfile behind `image`, without what we add to it; absent where there are no images. */
  readonly dockerfile?: (image: ImageSource) => Promise<string>;
  /** Slugs of which something is left although their state folder is gone: `open(slug).remove()` clears it away. */
  readonly leftovers?: () => Promise<string[]>;
  /** Resolves once the state of every bottle was emitted; changes follow until `signal` aborts. */
  watch(emit: (event: BackendEvent) => void, signal: AbortSignal): Promise<void>;
}

export interface Bottle {
  readonly slug: string;
  status(): Promise<RunStatus>;
  /** What the agent's terminal shows, where `list` does not tell it; undefined when nothing runs. One cheap question. */
  readonly activity?: (signal: AbortSignal) => Promise<readonly Shown[] | undefined>;
  /** What is on its screen now, as plain text; undefined when nothing runs, or cannot tell. For `explain`. */
  readonly look?: () => Promise<ScreenView | undefined>;
  /** The agent's terminal; any number may be attached. Throws `unavailable` when the bottle does not run. */
  attach(): Promise<Terminal>;
  stats(): Promise<Stats | null>;
  isolation(): Promise<Isolation | null>;
  /** Ends the agent (HUP, then KILL) and the sidecars; the home survives. Idempotent. */
  stop(): Promise<void>;
  /** Ends what runs and leaves nothing outside the state folder. Idempotent; the caller removes the state folder. */
  remove(): Promise<void>;
  /** What the agent wrote, as lines; undefined where it is in `logs/agent.jsonl` like everything else. */
  readonly agentLog?: (options: AgentLogOptions, line: (line: AgentLine) => void, signal: AbortSignal) => Promise<void>;
  /** Entries at the top of the workspace; undefined where the home is in the state folder. */
  readonly workspaceEntries?: () => Promise<number>;
  readonly exec?: (command: Exec) => Promise<ExecResult>;
  /**
   * A file or folder of this machine to a path in the bottle, owned by its user; a folder's links stay links. As `docker cp`
   * does it: into `to` where that is a folder, else as `to`; `from/.` means a folder's content. A relative path in the bottle
   * begins at the home.
   */
  readonly copyIn?: (from: string, to: string) => Promise<void>;
  /** The other way; what comes out is the caller's, never a link that leads out of `to`: says what it left out. */
  readonly copyOut?: (from: string, to: string) => Promise<CopiedOut>;
  /**
   * Builds `dockerfile` and replaces the agent by one made from it, with home, workspace, sidecars and approvals kept.
   * A build that fails, or a new bottle that does not prove its isolation, leaves the old one running; throws BottleError.
   */
  readonly rebuild?: (dockerfile: string, progress: (step: LaunchStep) => void, signal: AbortSignal) => Promise<void>;
}

export interface CopiedOut {
  /** Devices, pipes, and links that lead elsewhere; at most a thousand are named. */
  readonly leftOut: readonly { readonly path: string; readonly why: string }[];
}

export interface AgentLogOptions {
  /** The last so many lines. */
  readonly tail?: number;
  readonly since?: Date;
  /** Go on until `signal` aborts. */
  readonly follow?: boolean;
  /** Called once, when what there was already is told and what comes follows. */
  readonly caughtUp?: () => void;
}

export interface AgentLine {
  /** ISO 8601. */
  readonly at: string;
  /** Plain text: no control characters. */
  readonly text: string;
}

export interface Exec {
  readonly argv: readonly string[];
  /** `node` unless said otherwise. */
  readonly user?: string;
  /** The home unless said otherwise. */
  readonly cwd?: string;
  /** Added to what the image brings; never in an argument list. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Then it is killed, with exit code 124. Milliseconds. */
  readonly timeout?: number;
  /** Then it is killed, and the promise rejects with the reason. */
  readonly signal?: AbortSignal;
  /** Gets output as it comes, all of it; nothing is kept for the result then. */
  readonly output?: (of: "stdout" | "stderr", bytes: Uint8Array) => void;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Output beyond 16 MiB of either stream was thrown away. */
  readonly cut: boolean;
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
