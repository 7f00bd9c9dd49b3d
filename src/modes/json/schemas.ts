// The shapes that `--json` prints, one schema each; docs/schemas/ is generated from them.

import * as z from "zod";

import { EgressBudget, Route, UnknownHostPolicy } from "#domain/egress/route.ts";
import { AUTHORITIES } from "#domain/fleet/run-status.ts";
import { Applied, Decision, Undo, Use } from "#domain/proposal/decision.ts";
import { Proposal, Seen } from "#domain/proposal/proposal.ts";

export const IsolationSummary = z.strictObject({
  mechanism: z.string(),
  /** Every required check passed, from inside, before the agent started. */
  proved: z.boolean(),
  proved_at: z.string(),
  /** What is not enforced. */
  weaknesses: z.array(z.string()),
});
export type IsolationSummary = z.infer<typeof IsolationSummary>;

export const ListRow = z.strictObject({
  slug: z.string(),
  agent: z.string(),
  bottle: z.string(),
  provider: z.string(),
  backend: z.string(),
  host: z.string(),
  state: z.enum(["starting", "busy", "waiting", "idle", "unknown", "exited", "crashed", "stopped", "lost"]),
  since: z.string(),
  /** What it waits for, or why its state is not known; may be empty. */
  why: z.string(),
  /** Who says so; null where nobody who knows the agent has spoken in this run. */
  authority: z.enum(AUTHORITIES).nullable(),
  /** When that was last confirmed. */
  confirmed_at: z.string().nullable(),
  started_at: z.string(),
  label: z.string(),
  pending: z.int().nonnegative(),
  /** Of `pending`: the agent sent the canary, a value planted to be stolen. */
  alarms: z.int().nonnegative(),
  exit_code: z.int().nullable(),
  /** The one of its host's that expires first; null where that is not known. */
  credential: z
    .strictObject({
      source: z.string(),
      expires_at: z.string(),
      /** How to get a new one. */
      renew: z.string(),
    })
    .nullable(),
  isolation: IsolationSummary.nullable(),
});
export type ListRow = z.infer<typeof ListRow>;

/** An agent that can be started, or cannot, and why. */
export const AvailableRow = z.strictObject({
  agent: z.string(),
  from: z.string(),
  bottle: z.string(),
  provider: z.string(),
  backend: z.string(),
  problem: z.string().nullable(),
});
export type AvailableRow = z.infer<typeof AvailableRow>;

/** What to think twice about before approving. */
const ProposalWarning = z.strictObject({
  code: z.string(),
  severity: z.enum(["danger", "note"]),
  text: z.string(),
});

/** What `start --dry-run` shows; never a secret. */
export const PreflightRow = z.strictObject({
  slug: z.string(),
  agent: z.string(),
  lines: z.array(z.strictObject({ label: z.string(), text: z.string() })),
  questions: z.array(z.strictObject({ name: z.string(), prompt: z.string() })),
  warnings: z.array(z.string()),
});
export type PreflightRow = z.infer<typeof PreflightRow>;

const ProposalStatus = z.enum(["pending", "approved", "modified", "rejected", "expired", "undone"]);

const fate = {
  status: ProposalStatus,
  scope: Decision.shape.scope.nullable(),
  applied: Applied.nullable(),
  /** Evidence from the proxy that the agent used what was approved. */
  used: Use.nullable(),
  seen: Seen.nullable(),
  decision: Decision.nullable(),
  undo: Undo.nullable(),
};
const [egressBlock, dlpMatch, pipelockBlock, capabilityBlock, question] = Proposal.options;
export const ProposalRow = z.discriminatedUnion("kind", [
  egressBlock.extend(fate),
  dlpMatch.extend(fate),
  pipelockBlock.extend(fate),
  capabilityBlock.extend(fate),
  question.extend(fate),
]);
export type ProposalRow = z.infer<typeof ProposalRow>;

/** `proposals <id>`. */
const judged = { ...fate, warnings: z.array(ProposalWarning) };
export const ProposalDetail = z.discriminatedUnion("kind", [
  egressBlock.extend(judged),
  dlpMatch.extend(judged),
  pipelockBlock.extend(judged),
  capabilityBlock.extend(judged),
  question.extend(judged),
]);

const at = z.iso.datetime();
/** One line of `watch`: first everything there is, then what changes. */
export const WatchEvent = z.discriminatedUnion("type", [
  z.strictObject({ at, type: z.literal("bottle"), bottle: ListRow }),
  z.strictObject({ at, type: z.literal("bottle-removed"), slug: z.string() }),
  z.strictObject({ at, type: z.literal("proposal"), proposal: ProposalRow }),
  z.strictObject({ at, type: z.literal("proposal-archived"), slug: z.string(), id: z.string() }),
  z.strictObject({ at, type: z.literal("host"), host: z.string(), up: z.boolean(), detail: z.string() }),
  z.strictObject({ at, type: z.literal("problem"), where: z.string(), message: z.string() }),
  z.strictObject({ at, type: z.literal("problem-solved"), where: z.string() }),
]);
export type WatchEvent = z.infer<typeof WatchEvent>;

const ResolvedBottle = z.strictObject({
  name: z.string(),
  /** Itself first, then its parents. */
  chain: z.array(z.string()),
  /** Where each variable comes from; never its value. */
  env: z.record(z.string(), z.string()),
  agent_provider: z.strictObject({
    template: z.string(),
    command: z.array(z.string()).optional(),
    dockerfile: z.string().optional(),
    /** The operator's variable; never its value. */
    auth_token: z.string().optional(),
    forward_host_credentials: z.boolean().optional(),
  }),
  git_user: z.strictObject({ name: z.string().optional(), email: z.string().optional() }),
  /** Name → URL. */
  git_repos: z.record(z.string(), z.string()),
  egress: z.strictObject({
    on_unknown_host: UnknownHostPolicy,
    hold_seconds: z.number(),
    hosts: z.record(z.string(), z.string()),
    upstream_ca: z.string().nullable(),
    routes: z.array(Route),
  }),
  budget: EgressBudget.nullable(),
  supervise: z.boolean(),
  backend: z.string().nullable(),
  /** Another OCI runtime, where the backend has several. */
  runtime: z.string().nullable(),
  resources: z.strictObject({
    cpus: z.number().optional(),
    memory: z.number().optional(),
    pids: z.number().optional(),
  }),
});

export const AgentInfo = z.strictObject({
  kind: z.literal("agent"),
  name: z.string(),
  path: z.string(),
  from: z.enum(["root", "repository"]),
  skills: z.array(z.string()),
  prompt: z.string(),
  bottle: ResolvedBottle,
});
export type AgentInfo = z.infer<typeof AgentInfo>;

export const BottleInfo = z.strictObject({
  kind: z.literal("bottle"),
  name: z.string(),
  path: z.string(),
  bottle: ResolvedBottle,
});
export type BottleInfo = z.infer<typeof BottleInfo>;

/** `start`, `resume` and `demo`. */
export const Started = z.strictObject({ slug: z.string() });

/** `start --prompt`, when the agent has ended. */
export const TaskEnd = z.strictObject({
  slug: z.string(),
  /** Null unless it exited by itself. */
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  /** What it said last: plain text; null when it handed in nothing. */
  message: z.string().nullable(),
  /** The message was longer than is kept. */
  cut: z.boolean(),
  /** stopped: by the operator. lost: nobody saw how it ended. */
  reason: z.enum(["exited", "stopped", "lost"]),
});
export type TaskEnd = z.infer<typeof TaskEnd>;
export const StoppedRow = z.strictObject({ slug: z.string(), stopped: z.literal(true) });
export const CleanupRow = z.strictObject({
  slug: z.string(),
  /** Set for what a bottle left in this backend although its state is gone. */
  backend: z.string().optional(),
  /** False: it is kept, for the reason in `detail`. */
  remove: z.boolean(),
  detail: z.string(),
});

/** `exec`: what the command said, and how it ended. */
export const Executed = z.strictObject({
  exit_code: z.int(),
  stdout: z.string(),
  stderr: z.string(),
  /** There was more output than is kept. */
  cut: z.boolean(),
});

/** `cp`: what was copied, and what of it was not. */
export const Copied = z.strictObject({
  from: z.string(),
  to: z.string(),
  left_out: z.array(z.strictObject({ path: z.string(), why: z.string() })),
});

export const LogRow = z.strictObject({ at, source: z.string(), text: z.string() });
export const CrashLogRow = z.strictObject({
  path: z.string(),
  /** A slug, or "dashboard". */
  of: z.string(),
  modified: at,
  bytes: z.int().nonnegative(),
});
export const CrashLogLine = z.strictObject({ of: z.string(), text: z.string() });

const AuditFault = z.strictObject({
  slug: z.string(),
  ok: z.literal(false),
  /** Sound entries before the fault. */
  entries: z.int().nonnegative(),
  fault: z.string(),
  /** From 1. */
  line: z.int().positive(),
  detail: z.string(),
});
export const AuditVerifyRow = z.discriminatedUnion("ok", [
  z.strictObject({ slug: z.string(), ok: z.literal(true), entries: z.int().nonnegative() }),
  AuditFault,
]);

const Probe = z.discriminatedUnion("available", [
  z.strictObject({
    available: z.literal(true),
    version: z.string(),
    mechanism: z.string(),
    weaknesses: z.array(z.string()),
  }),
  z.strictObject({ available: z.literal(false), why: z.string(), hint: z.string() }),
]);
export const DoctorRow = z.strictObject({
  name: z.string(),
  state: z.enum(["ok", "warning", "missing"]),
  detail: z.string(),
  /** What to do. */
  hint: z.string().optional(),
  /** Of a backend. */
  probe: Probe.optional(),
});

export const InitResult = z.strictObject({ agent: z.string(), bottle: z.string(), written: z.array(z.string()) });
export const EditedDefinition = z.strictObject({ path: z.string() });

/** `bottle-dash --json` without a command. */
export const Report = z.strictObject({ bottles: z.array(ListRow), proposals: z.array(ProposalRow) });
