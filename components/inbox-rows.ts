// Proposals in one line each, and what became of them.

import { statusOf, type InboxItem } from "#domain/fleet/fleet.ts";
import { isAlarm } from "#domain/fleet/urgency.ts";
import { plainLine } from "#domain/plain-text.ts";

import { buildSpans, type Build } from "./build-rows.ts";
import { ALARM, BOLD, DIM, fit, GREEN, RED, row, span, YELLOW, type Row, type Span } from "./rows.ts";
import { age, plural, remaining, statusSpan } from "./words.ts";

export interface ItemLine {
  readonly item: InboxItem;
  /** What it asks for, in one line (domain/proposal/describe.ts). */
  readonly title: string;
  /** Nobody waits for the answer any more: the bottle that asked has ended or is gone. */
  readonly ended: boolean;
  /** Dangers, not notes. */
  readonly warnings: number;
  /** What its approval is building just now. */
  readonly build?: Build | undefined;
}

export const UNANSWERED = "unanswered: the bottle ended";

export interface ItemLineStyle {
  readonly selected: boolean;
  readonly withSlug: boolean;
  readonly width: number;
  readonly now: number;
}

export function itemRow(
  { item, ended, title, warnings, build }: ItemLine,
  { selected, withSlug, width, now }: ItemLineStyle,
): Row {
  const status = statusOf(item, new Date(now));
  const { bottle_slug, created_at, kind } = item.proposal;
  return [
    span(selected ? "▸ " : "  ", BOLD),
    ended
      ? span(`- ${"open".padEnd(8)}`, DIM)
      : isAlarm(item.proposal) && status === "pending"
        ? ALARM_SIGN
        : statusSpan(status),
    span(` ${age(created_at, now).padStart(3)} `, DIM),
    ...(withSlug
      ? [span(fit(plainLine(bottle_slug), Math.min(20, Math.max(8, Math.floor(width / 5)))), BOLD), span(" ")]
      : []),
    ...(build === undefined || build.over ? fateSpans(item, now, ended) : buildSpans(build)),
    ...(warnings > 0 && !ended && status === "pending" && !isAlarm(item.proposal)
      ? [span(`! ${plural(warnings, "warning")}  `, { color: RED, bold: true })]
      : []),
    ...(kind === "question" ? [span("asks: ", { color: YELLOW })] : []),
    ...(kind === "capability-block" ? [span("rebuild: ", { color: YELLOW })] : []),
    span(plainLine(title), selected ? { inverse: true } : {}),
    ...countSpan(item),
  ];
}

const ALARM_SIGN = span("⚑ ALARM   ", ALARM);

function countSpan({ seen }: InboxItem): Span[] {
  return seen !== null && seen.count > 1 ? [span(`  ×${seen.count}`, DIM)] : [];
}

/** Evidence, never hope: live when the proxy showed it, used when the proxy saw it. It stands before the rule, which may be cut. */
export function fateSpans({ decision, undo, use, proposal }: InboxItem, now: number, ended = false): Span[] {
  if (ended) return [span(`${UNANSWERED}  `, DIM)];
  if (decision === null && undo === null) {
    return proposal.deadline === undefined
      ? []
      : [span(`held, ${remaining(proposal.deadline, now)} left  `, { color: YELLOW })];
  }
  // A rejection changes nothing: there is nothing to apply.
  if (undo === null && decision?.status === "rejected") return [];
  const applied = undo === null ? decision?.applied : undo.applied;
  const used = use !== null && undo === null ? [span(`used ${use.count}×  `, { color: GREEN, bold: true })] : [];
  if (applied === undefined) return [span(undo === null ? "being applied…  " : "undone  ", DIM), ...used];
  const detail = plainLine(applied.detail);
  return [
    applied.ok ? span(`${detail}  `, { color: GREEN }) : span(`${failedWords(detail)}  `, { color: RED, bold: true }),
    ...used,
  ];
}

/** A detail that says it itself is not told of it twice. */
export function failedWords(detail: string): string {
  return detail.startsWith("failed ") ? detail : `failed: ${detail}`;
}

export function countWords({ seen, proposal }: InboxItem, now: number): Row {
  const first = ago(seen?.first_seen ?? proposal.created_at, now);
  const words =
    seen === null || seen.count === 1
      ? `asked once, ${first}`
      : `asked ${seen.count} times, first ${first}, last ${ago(seen.last_seen, now)}`;
  return row(span(words, DIM));
}

function ago(at: string, now: number): string {
  const words = age(at, now);
  return words === "now" ? "just now" : `${words} ago`;
}
