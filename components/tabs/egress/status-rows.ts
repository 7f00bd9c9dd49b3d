// What the proxy counted, which policy is in force, and why the newest one is not.

import type { EgressCounters, EgressStatus } from "#domain/egress/control.ts";
import { plainLine } from "#domain/plain-text.ts";

import { BOLD, DIM, GREEN, RED, row, rowWidth, span, wrap, YELLOW, type Row, type Span } from "../../rows.ts";
import { bytes, plural } from "../../words.ts";

/** One row of the policy and one of counters, and two for a table that is not in force; narrow ones leave out what is 0, then the last ones. */
export function statusRows(status: EgressStatus, width: number): Row[] {
  const { table, version, counters, reload_error } = status;
  const exceptions = table.dlp_exceptions?.length ?? 0;
  return [
    row(
      span(`policy v${version}`, BOLD),
      `  ${plural(table.routes.length, "rule")}${exceptions === 0 ? "" : `, ${plural(exceptions, "exception")}`}`,
      span(`  unknown hosts: ${table.on_unknown_host}`, DIM),
    ),
    counterRow(counters, width),
    ...(reload_error === undefined ? [] : reloadRows(reload_error, width)),
  ];
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
