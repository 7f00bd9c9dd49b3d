// What `--json` prints, as pure functions; the shapes are the types of schemas.ts, published in docs/schemas/.

import type { AgentChoice, Preflight } from "#contracts/console.ts";
import { isProved, weaknesses, type Isolation } from "#domain/fleet/isolation.ts";
import { statusOf, type BottleRow, type InboxItem } from "#domain/fleet/fleet.ts";

import type { AvailableRow, IsolationSummary, ListRow, PreflightRow, ProposalRow } from "./schemas.ts";

export function listRow(row: BottleRow): ListRow {
  return {
    slug: row.slug,
    agent: row.agent,
    bottle: row.bottle,
    provider: row.provider,
    backend: row.backend,
    host: row.host,
    state: row.state,
    since: row.since,
    why: row.why ?? "",
    authority: row.activity?.authority ?? null,
    confirmed_at: row.activity?.confirmed ?? null,
    started_at: row.started_at,
    label: row.label,
    pending: row.pending,
    alarms: row.alarms,
    exit_code: row.exit_code,
    credential: row.credential ?? null,
    isolation: row.isolation === null ? null : isolationSummary(row.isolation),
  };
}

export function availableRow(agent: AgentChoice): AvailableRow {
  const { name, from, bottle, provider, backend, problem } = agent;
  return { agent: name, from, bottle, provider, backend, problem: problem ?? null };
}

export function preflightRow({ slug, request, lines, questions, warnings }: Preflight): PreflightRow {
  return { slug, agent: request.agent, lines: [...lines], questions: [...questions], warnings: [...warnings] };
}

/** The proposal's own fields, and what became of it. */
export function proposalRow(item: InboxItem, now: Date): ProposalRow {
  return {
    ...item.proposal,
    status: statusOf(item, now),
    scope: item.decision?.scope ?? null,
    applied: item.decision?.applied ?? null,
    used: item.use,
    seen: item.seen,
    decision: item.decision,
    undo: item.undo,
  };
}

function isolationSummary(isolation: Isolation): IsolationSummary {
  return {
    mechanism: isolation.mechanism,
    proved: isProved(isolation),
    proved_at: isolation.proved_at,
    weaknesses: weaknesses(isolation),
  };
}
