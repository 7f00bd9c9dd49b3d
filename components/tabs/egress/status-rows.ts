// What the proxy counted, which policy is in force, and why the newest one is not.

import type { EgressCounters, EgressStatus, LimitUse } from "#domain/egress/control.ts";
import { isUsedUp, limitUseWords } from "#domain/egress/route-words.ts";
import { plainLine } from "#domain/plain-text.ts";

import { BOLD, DIM, GREEN, RED, row, rowWidth, span, wrap, YELLOW, type Row, type Span } from "../../rows.ts";
import { bytes, plural } from "../../words.ts";

/**
 * One row of the policy and one of counters, one of limits where there are any, and up to three for a table that is not in
 * force; narrow ones leave out what is 0, then the last ones.
 */
export function statusRows(status: EgressStatus, width: number): Row[] {
  const { table, version, counters, usage = [], reload_error } = status;
  const exceptions = table.dlp_exceptions?.length ?? 0;
  return [
    row(
      span(`policy v${version}`, BOLD),
      `  ${plural(table.routes.length, "rule")}${exceptions === 0 ? "" : `, ${plural(exceptions, "exception")}`}`,
      span(`  unknown hosts: ${table.on_unknown_host}`, DIM),
    ),
    counterRow(counters, width),
    ...(usage.length === 0 ? [] : [usageRow(usage, width)]),
    ...(reload_error === undefined ? [] : reloadRows(reload_error, width)),
  ];
}

/** The nearest to its end first; what does not fit is counted. */
function usageRow(usage: readonly LimitUse[], width: number): Row {
  const sorted = usage.toSorted((one, other) => share(other) - share(one));
  const rowOf = (count: number): Row => {
    const rest = sorted.length - count;
    return row(
      span("limits  ", DIM),
      ...sorted.slice(0, count).map(useSpan),
      ...(rest === 0 ? [] : [span(`+${rest} more`, DIM)]),
    );
  };
  let count = sorted.length;
  while (count > 1 && rowWidth(rowOf(count)) > width) count -= 1;
  return rowOf(count);
}

function useSpan(use: LimitUse): Span {
  const text = `${use.route === undefined ? "bottle" : plainLine(use.route)}: ${limitUseWords(use)}  `;
  if (isUsedUp(use)) return span(`! ${text}`, { color: RED, bold: true });
  return span(text, share(use) >= 0.8 ? { color: YELLOW } : {});
}

function share({ used, most }: LimitUse): number {
  return used === null ? Infinity : used / most;
}

function reloadRows(error: string, width: number): Row[] {
  const style = { color: RED, bold: true };
  return wrap(`! the newest table is NOT in force: ${plainLine(error.slice(0, 600))}`, width, style).slice(0, 3);
}

function counterRow(counters: EgressCounters, width: number): Row {
  const spans = counterSpans(counters);
  const all = (kept: readonly Counter[]): Row => row(...kept.map(({ span: one }) => one));
  let kept = spans;
  if (rowWidth(all(kept)) > width) kept = kept.filter(({ count, always }) => always || count > 0);
  while (rowWidth(all(kept)) > width && kept.at(-1)?.always === false) kept = kept.slice(0, -1);
  return all(kept);
}

interface Counter {
  readonly count: number;
  /** Shown when it is 0, too, however narrow it is. */
  readonly always: boolean;
  readonly span: Span;
}

function counterSpans(counters: EgressCounters): Counter[] {
  const { allowed, blocked, held, redacted, outbound_findings, inbound_findings, open, tunnels } = counters;
  const found = outbound_findings + inbound_findings;
  const counter = (count: number, text: string, style: Span["style"], always = false): Counter => ({
    count,
    always,
    span: span(`${text}  `, count > 0 ? style : DIM),
  });
  return [
    counter(allowed, `✓ ${allowed} allowed`, { color: GREEN }, true),
    counter(blocked, `✗ ${blocked} blocked`, { color: RED }, true),
    counter(held, `▲ ${held} held`, { color: YELLOW, bold: true }, true),
    counter(found, `⚑ ${outbound_findings} out ${inbound_findings} in`, { color: YELLOW, bold: true }),
    counter(redacted, `~ ${redacted} redacted`, { color: YELLOW }),
    counter(open, `${open} open`, {}),
    counter(tunnels, plural(tunnels, "tunnel"), {}),
    counter(
      counters.bytes_up + counters.bytes_down,
      `↑${bytes(counters.bytes_up)} ↓${bytes(counters.bytes_down)}`,
      DIM,
    ),
  ];
}
