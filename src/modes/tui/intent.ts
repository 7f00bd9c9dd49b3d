// What can happen to the view: keys and text of the operator, and what the outside reports.

import type { LaunchStep } from "#contracts/backend.ts";
import type { AgentChoice, BackendChoice, CrashLog, LaunchRequest, Preflight } from "#contracts/console.ts";
import type { EgressRequest, EgressVerdict } from "#domain/egress/control.ts";

import type { Layer, Notice, Size } from "./view.ts";

export type Intent =
  | { readonly type: "key"; readonly name: string }
  /** The whole new text of the field that has the keys. */
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "fleet-changed" }
  | { readonly type: "tick" }
  | { readonly type: "resize"; readonly size: Size }
  | { readonly type: "notice"; readonly tone: Notice["tone"]; readonly text: string }
  | { readonly type: "agents"; readonly agents: readonly AgentChoice[] }
  | { readonly type: "backends"; readonly backends: readonly BackendChoice[] }
  /** What a bottle is made from; null where nobody knows. */
  | { readonly type: "dockerfile"; readonly slug: string; readonly text: string | null }
  /** An approved Dockerfile is being built. */
  | { readonly type: "building"; readonly id: string; readonly slug: string; readonly step: LaunchStep }
  | { readonly type: "planned"; readonly request: LaunchRequest; readonly plan: Preflight }
  | { readonly type: "plan-failed"; readonly request: LaunchRequest; readonly problem: string }
  | { readonly type: "progress"; readonly step: LaunchStep }
  | { readonly type: "launched"; readonly slug: string }
  | { readonly type: "progress-failed"; readonly problem: string }
  /** What was under way on a proposal or a bottle has ended. */
  | { readonly type: "ended"; readonly about: string; readonly tone: Notice["tone"]; readonly text: string }
  | { readonly type: "open"; readonly layer: Layer }
  | { readonly type: "crash-logs"; readonly files: readonly CrashLog[] }
  /** What the proxy said about a request, or why it said nothing. */
  | {
      readonly type: "explained";
      readonly request: EgressRequest;
      readonly verdict: EgressVerdict | { readonly problem: string };
    }
  | { readonly type: "found"; readonly seq: number | null; readonly below: number };
