// The one core that the faces (dashboard, print, json) drive: what they can see and what they can ask for.

import type { EgressRequest, EgressSeen, EgressStatus, EgressVerdict } from "#domain/egress/control.ts";
import type { Route } from "#domain/egress/route.ts";
import type { AuditEntry } from "#domain/audit/entry.ts";
import type { AuditVerdict } from "#domain/audit/verify.ts";
import type { Definitions } from "#domain/definition/definitions.ts";
import type { Reasons } from "#domain/fleet/explanation.ts";
import type { Fleet, InboxItem } from "#domain/fleet/fleet.ts";
import type { Decision, Scope, Undo } from "#domain/proposal/decision.ts";
import type { ScreenVerdict } from "#domain/provider/screen-rules.ts";

import type { Capabilities, CopiedOut, Exec, ExecResult, LaunchStep, Probe, Terminal } from "./backend.ts";

export interface Console {
  readonly root: string;
  readonly backends: readonly BackendInfo[];
  /** Reads everything once, without watching: what one-shot commands need. */
  snapshot(): Promise<Fleet>;
  /** Starts watching; resolves when the first scan is in `fleet()`. Long-running faces call it once. */
  start(): Promise<void>;
  /** The same object until something changed: fit for useSyncExternalStore. Empty before `start`. */
  fleet(): Fleet;
  subscribe(changed: () => void): () => void;

  /** Read anew at each call. */
  definitions(): Promise<Definitions>;
  agents(): Promise<AgentChoice[]>;
  /** What a bottle can be started in, each asked whether it works here now, in the order in which a launch tries them. */
  probeBackends(): Promise<BackendChoice[]>;
  preflight(request: LaunchRequest): Promise<Preflight>;
  /** Resolves with the slug once the agent runs. */
  launch(preflight: Preflight, progress: (step: LaunchStep) => void, signal: AbortSignal): Promise<string>;
  resume(slug: string, progress: (step: LaunchStep) => void, signal: AbortSignal): Promise<void>;
  stop(slug: string): Promise<void>;
  /** Resolves when the agent has ended, at once when it has already; watches until then. Throws `not-found`, or the reason of `signal`. */
  end(slug: string, signal: AbortSignal): Promise<AgentEnd>;
  /** Why its state is what it is, by whose word, and what is on its screen. Throws `not-found`. */
  explain(slug: string): Promise<Explanation>;
  /** What `cleanup` would remove, and why something is kept. */
  cleanupPlan(slugs: readonly string[], force: boolean): Promise<CleanupItem[]>;
  cleanup(items: readonly CleanupItem[]): Promise<void>;

  attach(slug: string): Promise<Terminal>;
  /** A command of the operator's inside. Throws `unavailable`, with the reason, where the backend cannot. */
  exec(slug: string, command: Exec): Promise<ExecResult>;
  /** `from` is on this machine, `to` in the bottle. */
  copyIn(slug: string, from: string, to: string): Promise<void>;
  copyOut(slug: string, from: string, to: string): Promise<CopiedOut>;
  /** Calls `line` for the lines there are (the last `tail`, from `since`), then, when `follow`, for new ones until `signal` aborts. */
  logs(slug: string, options: LogOptions, line: (line: LogLine) => void, signal: AbortSignal): Promise<void>;
  crashLogs(): Promise<CrashLog[]>;

  /** The Dockerfile that this bottle is made from now; undefined where it is made from none, or it cannot be read. */
  dockerfile(slug: string): Promise<string | undefined>;
  /**
   * All decisions throw `conflict` (naming the first decider), `invalid` (digest), or `not-found`. `progress` hears the steps of
   * a rebuild; the promise resolves when it is over, with `applied` set.
   */
  approve(id: string, options: ApproveOptions, progress?: (step: LaunchStep) => void): Promise<Decision>;
  reject(id: string, options: { digest: string; reason: string }): Promise<Decision>;
  undo(id: string, notes: string): Promise<Undo>;
  /** Also decided and archived proposals. */
  proposal(id: string): Promise<InboxItem>;
  history(): Promise<InboxItem[]>;

  egress: {
    status(slug: string): Promise<EgressStatus>;
    /** Slot of the proxy → the operator's variable that filled it, as far as the definition tells; never a value. */
    credentials(slug: string): Promise<Readonly<Record<string, string>>>;
    /** Nothing is sent; `headers` are those that the request would have. */
    test(slug: string, url: string, method: string, headers?: Readonly<Record<string, string>>): Promise<EgressVerdict>;
    add(slug: string, route: Route): Promise<EgressStatus>;
    remove(slug: string, host: string): Promise<EgressStatus>;
    /** What was asked for since the bottle was made, folded: what `learn` works on. */
    seen(slug: string): Promise<EgressSeen>;
    /** The table as it is on disk, to be edited. */
    tableText(slug: string): Promise<TableText>;
    /**
     * Puts an edited table in force and reads it back. Throws `invalid` (naming the line and the field), `conflict` when the
     * table is not the one with the digest `base` any more, `refused` for a credential slot that the bottle was not given.
     */
    editTable(slug: string, text: string, base?: string): Promise<EgressStatus>;
    /**
     * Lets requests like this one pass until the bottle stops: approves the pending proposal about it, or makes one and
     * approves it at once. `shown` is the key (domain/proposal/allowing.ts) of what the operator saw; throws `conflict` when
     * it would be another by now, `refused` where no rule can allow it (a planted canary, a git push, a bad address).
     */
    allow(slug: string, request: EgressRequest, shown: string): Promise<EgressAnswer>;
    /**
     * Rejects the pending proposal about this request, or takes out of the table the rule that allowed it: the approval is
     * undone, a route of the definition is gone until the bottle stops. The audit keeps `reason`, and so does the decision,
     * which the agent reads. Throws `not-found` when there is neither.
     */
    deny(slug: string, request: EgressRequest, reason: string): Promise<EgressAnswer>;
    /** Calls `request` for each line of the control socket's events; see `id` and `open`. */
    requests(slug: string, request: (request: EgressRequest) => void, signal: AbortSignal): Promise<void>;
  };

  audit(slug: string): Promise<AuditEntry[]>;
  /** Of one bottle, or of every bottle that has a log, by slug. */
  verifyAudit(slug: string | undefined): Promise<AuditReport[]>;
  doctor(): Promise<DoctorItem[]>;
  close(): Promise<void>;
}

/** The text of `routes.yaml`, and its SHA-256. */
export interface TableText {
  readonly text: string;
  readonly digest: string;
}

/** What the operator's word on one request did. */
export interface EgressAnswer {
  /** One sentence, for a person: `GET https://api.example.com:443 below /repos/ is allowed until this bottle stops`. */
  readonly detail: string;
  /** The proposal that was decided or undone: `undo` takes an approval back. */
  readonly proposal?: string;
}

export interface AgentChoice {
  readonly name: string;
  /** "root" or "repository". */
  readonly from: string;
  readonly bottle: string;
  readonly provider: string;
  readonly backend: string;
  /** Why it cannot be started. */
  readonly problem: string | undefined;
}

/** Where a bottle can run, and what one there can do. */
export interface BackendInfo {
  /** What definitions and rows call it. */
  readonly name: string;
  /** The machine, as the fleet shows it. */
  readonly host: string;
  readonly capabilities: Capabilities;
}

export interface BackendChoice extends BackendInfo {
  readonly probe: Probe;
}

export interface LaunchRequest {
  readonly agent: string;
  readonly backend?: string;
  readonly label?: string;
  readonly color?: string;
  /** Copy this folder into the workspace. */
  readonly copyCwd?: string;
  /** Start this slug again with its home, instead of a new bottle. */
  readonly resume?: string;
  /** It has a workspace from its first start. */
  readonly inWorkspace?: boolean;
  /** What the agent is to do, without a screen; it ends when it is done. */
  readonly prompt?: string;
  /** Answers to `?prompt` variables, by name. */
  readonly answers?: Readonly<Record<string, string>>;
  /** Further pinned names and upstream roots, for this launch only (the demo's upstream). */
  readonly hosts?: Readonly<Record<string, string>>;
  readonly upstreamCa?: string;
}

/** Printable as it is: no secret in `lines` or `questions`. */
export interface Preflight {
  readonly request: LaunchRequest;
  readonly slug: string;
  readonly lines: readonly { readonly label: string; readonly text: string }[];
  /** `?prompt` variables without an answer yet. */
  readonly questions: readonly { readonly name: string; readonly prompt: string }[];
  readonly warnings: readonly string[];
}

/** How an agent ended, and what it answered where it was given a task. */
export interface AgentEnd {
  /** stopped: by the operator. lost: nobody saw how. */
  readonly reason: "exited" | "stopped" | "lost";
  /** Null unless it exited. */
  readonly exit_code: number | null;
  readonly signal: string | null;
  /** Plain text, as the agent handed it in; null when it handed in none. */
  readonly message: string | null;
  /** The message was longer than is kept. */
  readonly cut: boolean;
}

/** All text in it is plain. */
export interface Explanation extends Reasons {
  readonly slug: string;
  /** As it is now; null where nothing runs or nobody can look. */
  readonly screen: {
    readonly title: string;
    /** The last OSC 9;4 state; null when there was none. */
    readonly progress: number | null;
    /** The last lines that are not empty. */
    readonly bottom: readonly string[];
    /** How many rules the provider has; null for none. */
    readonly rules: number | null;
    /** The one that matches just now. */
    readonly matches: ScreenVerdict | null;
  } | null;
}

export interface CleanupItem {
  readonly slug: string;
  /** Set for what a bottle left in this backend although its state is gone. */
  readonly backend?: string;
  readonly remove: boolean;
  /** What is removed, or why it is kept. */
  readonly detail: string;
}

export interface ApproveOptions {
  readonly digest: string;
  readonly scope: Scope;
  /** ISO 8601. */
  readonly expiresAt?: string;
  readonly notes?: string;
  /** The edited rule, or the answer's question; the status is then `modified`. */
  readonly payload?: unknown;
}

export interface LogOptions {
  readonly sources?: readonly string[];
  readonly tail?: number;
  readonly since?: Date;
  readonly follow?: boolean;
}

export interface LogLine {
  /** ISO 8601. */
  readonly at: string;
  /** agent, egress, supervise, init, git-gate. */
  readonly source: string;
  /** Plain text: no control characters. */
  readonly text: string;
}

export interface CrashLog {
  readonly path: string;
  /** A slug, or "dashboard". */
  readonly of: string;
  readonly modified: string;
  readonly bytes: number;
}

export interface AuditReport {
  readonly slug: string;
  readonly verdict: AuditVerdict;
}

export interface DoctorItem {
  readonly name: string;
  readonly state: "ok" | "warning" | "missing";
  readonly detail: string;
  readonly hint?: string;
  readonly probe?: Probe;
}
