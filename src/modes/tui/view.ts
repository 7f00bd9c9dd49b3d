// What the operator is looking at: plain data, changed only by steps of the action table and by reduce.

import type { AgentChoice, BackendChoice, CrashLog, LaunchRequest, Preflight } from "#contracts/console.ts";
import type { Config } from "#domain/config/config.ts";
import type { EgressRequest, EgressVerdict } from "#domain/egress/control.ts";
import type { Build, BuildStep } from "#components/build-rows.ts";
import type { TableRow } from "#components/tabs/egress/table-row.ts";
import type { Tab } from "#components/tabs/tab.ts";

import type { KnownDockerfile } from "./dockerfiles.ts";
import type { Kind } from "./request-filter.ts";

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export interface Notice {
  readonly tone: "info" | "good" | "bad" | "ask";
  readonly text: string;
}

/** A proposal whose detail is on the screen: only this one can be decided, and not at once. */
export interface InView {
  readonly id: string;
  readonly digest: string;
  /** When it came into view, in milliseconds. */
  readonly since: number;
}

/** The last key, and when another one than this was last typed, in milliseconds: who types text decides nothing. */
export interface Typing {
  readonly key: string;
  readonly at: number;
  readonly otherAt: number;
}

export interface View {
  readonly size: Size;
  /** The selected bottle: stays with its slug whatever moves around it. */
  readonly selected: string | null;
  readonly listOffset: number;
  /** Which half of the main screen the arrows move in. */
  readonly focus: "list" | "preview";
  readonly filter: string;
  /** The preview has the whole screen. */
  readonly expanded: boolean;
  readonly tab: Tab;
  /** Rows that the preview is scrolled away from its end (screen, egress, audit) or from its start (the others). */
  readonly scroll: number;
  readonly logs: LogsView;
  readonly egress: EgressView;
  /** How far one keypress approves. */
  readonly defaultScope: "once" | "session";
  /** What stands above the main screen; the last is on top and gets the keys. */
  readonly stack: readonly Layer[];
  readonly notice: Notice | null;
  readonly inView: InView | null;
  readonly typing: Typing | null;
  /** Work that is under way, by what it works on: nothing is asked for twice. */
  readonly working: Readonly<Record<string, string>>;
  /** Rebuilds, by the proposal that asked for them. */
  readonly builds: Readonly<Record<string, Build>>;
  /** By slug. */
  readonly dockerfiles: Readonly<Record<string, KnownDockerfile>>;
}

export interface LogsView {
  /** The number of the last visible line while paused; null follows. */
  readonly pausedAt: number | null;
  readonly wrap: boolean;
  readonly times: boolean;
  readonly search: string;
  readonly match: number | null;
}

export interface EgressView {
  /** The number of the request under the cursor, and of the last visible one; null follows. */
  readonly at: { readonly cursor: number; readonly bottom: number } | null;
  /** Words and terms: what does not fit is hidden. */
  readonly filter: string;
  readonly kind: Kind;
  /** What `n` and `N` go to; nothing is hidden by it. */
  readonly search: string;
  /** The table in force is shown instead of the requests. */
  readonly table: boolean;
  /** The row of the table under the cursor. */
  readonly row: number;
}

/** Everything about one request, as it was when it was opened and as it went on. */
export interface RequestLayer {
  readonly type: "request";
  readonly slug: string;
  readonly seq: number;
  /** As it was when it was opened: the list may have dropped it. */
  readonly request: EgressRequest;
  /** What the proxy would do with it now, or why that cannot be said; null while it is asked. */
  readonly verdict: EgressVerdict | { readonly problem: string } | null;
  readonly scroll: number;
}

/** What would be allowed when this request is, before it is. */
export interface AllowLayer {
  readonly type: "allow";
  readonly slug: string;
  readonly request: EgressRequest;
  readonly scroll: number;
}

export type Layer =
  | RequestLayer
  | AllowLayer
  | { readonly type: "inbox"; readonly selected: string | null; readonly offset: number; readonly scroll: number }
  | { readonly type: "proposal"; readonly id: string; readonly scroll: number }
  | { readonly type: "help"; readonly filter: string; readonly scroll: number }
  | { readonly type: "palette"; readonly filter: string; readonly index: number }
  | {
      readonly type: "picker";
      readonly agents: readonly AgentChoice[] | null;
      readonly index: number;
      readonly filter: string;
    }
  | {
      readonly type: "preflight";
      readonly request: LaunchRequest;
      readonly plan: Preflight | null;
      readonly problem: string | null;
      readonly scroll: number;
    }
  | BackendsLayer
  | ProgressLayer
  | ConfirmLayer
  | { readonly type: "scope"; readonly id: string; readonly digest: string; readonly index: number }
  | FormLayer
  | {
      readonly type: "prompt";
      readonly what: "filter" | "search" | "requests" | "search-requests";
      readonly text: string;
    }
  | { readonly type: "crash-logs"; readonly files: readonly CrashLog[] | null; readonly index: number }
  | { readonly type: "crash-log"; readonly path: string; readonly scroll: number };

/** Where a bottle is to run: what each place enforces, and what it does not. */
export interface BackendsLayer {
  readonly type: "backends";
  readonly request: LaunchRequest;
  /** Null while they are asked. */
  readonly backends: readonly BackendChoice[] | null;
  readonly index: number;
}

export interface ProgressLayer {
  readonly type: "progress";
  readonly title: string;
  readonly steps: readonly BuildStep[];
  /** The last lines of what the steps printed. */
  readonly output: readonly string[];
  readonly showOutput: boolean;
  /** Why it failed; undefined while it goes on. */
  readonly failed: string | undefined;
}

export interface ConfirmLayer {
  readonly type: "confirm";
  readonly lines: readonly string[];
  readonly safe: string;
  readonly act: string;
  /** The safe choice is focused first. */
  readonly focus: "safe" | "act";
  readonly effect: Effect;
}

export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly hint: string;
  readonly secret?: boolean;
}

export interface FormLayer {
  readonly type: "form";
  readonly purpose: FormPurpose;
  readonly title: string;
  /** What it is about, one row each: what is rejected, or what the agent asks. */
  readonly about: readonly string[];
  readonly fields: readonly FormField[];
  readonly index: number;
  readonly error: string | null;
}

export type FormPurpose =
  | { readonly type: "reject"; readonly id: string; readonly digest: string }
  | { readonly type: "answer"; readonly id: string; readonly digest: string; readonly options: readonly string[] }
  | { readonly type: "edit"; readonly id: string; readonly digest: string }
  | { readonly type: "take-back"; readonly slug: string; readonly request: EgressRequest }
  | { readonly type: "label"; readonly request: LaunchRequest }
  | { readonly type: "launch-answers"; readonly request: LaunchRequest };

export interface Approval {
  readonly scope: "once" | "session" | "manifest";
  readonly expiresInMs?: number;
  readonly payload?: unknown;
  readonly notes?: string;
}

/** What a step asks the outside to do; its results come back as intents. */
export type Effect =
  | { readonly type: "quit" }
  | { readonly type: "interrupt" }
  | { readonly type: "suspend" }
  | { readonly type: "attach"; readonly slug: string }
  | { readonly type: "approve"; readonly id: string; readonly digest: string; readonly approval: Approval }
  | { readonly type: "reject"; readonly id: string; readonly digest: string; readonly reason: string }
  | { readonly type: "undo"; readonly id: string }
  | { readonly type: "edit-in-editor"; readonly id: string; readonly digest: string }
  | { readonly type: "load-agents" }
  | { readonly type: "probe-backends" }
  | { readonly type: "load-dockerfile"; readonly slug: string }
  | { readonly type: "preflight"; readonly request: LaunchRequest }
  | { readonly type: "launch"; readonly plan: Preflight }
  | { readonly type: "abort-progress" }
  | { readonly type: "resume"; readonly slug: string }
  | { readonly type: "stop"; readonly slug: string }
  | { readonly type: "start-demo" }
  | { readonly type: "load-crash-logs" }
  | { readonly type: "find"; readonly text: string; readonly direction: "older" | "newer" }
  | { readonly type: "explain"; readonly slug: string; readonly request: EgressRequest }
  /** `shown` is the key of the rule that was looked at (domain/proposal/allowing.ts). */
  | { readonly type: "allow"; readonly slug: string; readonly request: EgressRequest; readonly shown: string }
  | { readonly type: "deny"; readonly slug: string; readonly request: EgressRequest; readonly reason: string }
  | { readonly type: "remove-rule"; readonly slug: string; readonly row: TableRow }
  | { readonly type: "edit-table"; readonly slug: string };

export interface Step {
  readonly view: View;
  readonly effects: readonly Effect[];
}

export function step(view: View, ...effects: readonly Effect[]): Step {
  return { view, effects };
}

export function firstView(size: Size, config: Config): View {
  return {
    size,
    selected: null,
    listOffset: 0,
    focus: "list",
    filter: "",
    expanded: false,
    tab: "screen",
    scroll: 0,
    defaultScope: config.default_scope,
    logs: { pausedAt: null, wrap: config.logs.wrap, times: config.logs.timestamps, search: "", match: null },
    egress: { at: null, filter: "", kind: "all", search: "", table: false, row: 0 },
    stack: [],
    notice: null,
    inView: null,
    typing: null,
    working: {},
    builds: {},
    dockerfiles: {},
  };
}

export function top(view: View): Layer | undefined {
  return view.stack.at(-1);
}

export function push(view: View, layer: Layer): View {
  return { ...view, stack: [...view.stack, layer], notice: null };
}

export function pop(view: View): View {
  return { ...view, stack: view.stack.slice(0, -1), notice: null };
}

/** The same stack with another layer on top. */
export function replaceTop(view: View, layer: Layer): View {
  return { ...view, stack: [...view.stack.slice(0, -1), layer] };
}

export function notify(view: View, tone: Notice["tone"], text: string): View {
  return { ...view, notice: { tone, text } };
}

/** Sheets stand at the lower edge, and what is under them stays in sight. */
export function isSheet(layer: Layer): boolean {
  return ["confirm", "scope", "form", "prompt", "palette"].includes(layer.type);
}

/** What fills the screen behind any sheets: undefined is the main screen. */
export function background(view: View): Layer | undefined {
  return view.stack.findLast((layer) => !isSheet(layer));
}

/** The text field that has the keys, when there is one. */
export function textField(view: View): { readonly value: string } | undefined {
  const layer = top(view);
  switch (layer?.type) {
    case "help":
    case "palette":
    case "picker":
      return { value: layer.filter };
    case "prompt":
      return { value: layer.text };
    case "form":
      return { value: layer.fields[layer.index]?.value ?? "" };
    default:
      return undefined;
  }
}
