// States, times and sizes in the words and signs that the operator reads.

import type { BottleState } from "#domain/fleet/fleet.ts";
import type { ProposalStatus } from "#domain/proposal/decision.ts";

import { CYAN, DIM, GREEN, RED, YELLOW, span, type Span, type Style } from "./rows.ts";

const STATES: Readonly<Record<BottleState, { sign: string; style: Style }>> = {
  starting: { sign: "◌", style: { color: CYAN } },
  busy: { sign: "●", style: { color: GREEN } },
  waiting: { sign: "▲", style: { color: YELLOW, bold: true } },
  idle: { sign: "○", style: {} },
  unknown: { sign: "?", style: DIM },
  exited: { sign: "✓", style: DIM },
  crashed: { sign: "✗", style: { color: RED, bold: true } },
  stopped: { sign: "■", style: DIM },
  lost: { sign: "!", style: { color: RED } },
};

/** The sign and the word: no state is told by colour alone. */
export function stateSpan(state: BottleState): Span {
  const { sign, style } = STATES[state];
  return span(`${sign} ${state.padEnd(8)}`, style);
}

const STATUSES: Readonly<Record<ProposalStatus, { sign: string; style: Style }>> = {
  pending: { sign: "▲", style: { color: YELLOW, bold: true } },
  approved: { sign: "✓", style: { color: GREEN } },
  modified: { sign: "✓", style: { color: GREEN } },
  rejected: { sign: "✗", style: { color: RED } },
  expired: { sign: "-", style: DIM },
  undone: { sign: "↶", style: DIM },
};

export function statusSpan(status: ProposalStatus): Span {
  const { sign, style } = STATUSES[status];
  return span(`${sign} ${status.padEnd(8)}`, style);
}

/** "now", "4m", "3h", "2d": coarse, so that nothing is drawn only because time goes by. */
export function age(since: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(since)) / 60_000);
  if (!Number.isFinite(minutes)) return "?";
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes}m`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}h`;
  return `${Math.floor(minutes / 1440)}d`;
}

/** How long something still waits: seconds below two minutes. */
export function remaining(until: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
  return seconds < 120 ? `${seconds}s` : `${Math.ceil(seconds / 60)}m`;
}

/** The operator's local time of day. */
export function clock(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "--:--:--";
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = count;
  let unit = "B";
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
