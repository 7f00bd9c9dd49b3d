// What the bottle asked of the network, newest last, and the rules that decide.

import type { EgressRequest, EgressStatus } from "#domain/egress/control.ts";
import { plainLine } from "#domain/plain-text.ts";

import { BOLD, DIM, GREEN, RED, row, span, YELLOW, type Row, type Span } from "../rows.ts";
import { bytes, clock, plural } from "../words.ts";

export function egressRows(status: EgressStatus | null, requests: readonly EgressRequest[]): Row[] {
  const head = status === null ? [] : statusRows(status);
  const list = requests.length === 0 ? [row(span("no request yet", DIM))] : requests.map(requestRow);
  return [...head, ...list];
}

function statusRows({ table, version, counters, reload_error }: EgressStatus): Row[] {
  const rules = table.routes.map((route) =>
    plainLine(route.port === undefined ? route.host : `${route.host}:${route.port}`),
  );
  return [
    row(
      span(`policy v${version}: `, BOLD),
      `${plural(table.routes.length, "rule")}${rules.length === 0 ? "" : ` (${rules.slice(0, 6).join(", ")}${rules.length > 6 ? ", …" : ""})`}`,
      span(`; unknown hosts: ${table.on_unknown_host}`, DIM),
    ),
    row(
      span(`${counters.allowed} allowed`, { color: GREEN }),
      span(`  ${counters.blocked} blocked`, counters.blocked > 0 ? { color: RED } : DIM),
      span(`  ${counters.held} held`, counters.held > 0 ? { color: YELLOW } : DIM),
      span(`  ${counters.open} open`, DIM),
    ),
    ...(reload_error === undefined
      ? []
      : [row(span(`the newest rules are not in force: ${plainLine(reload_error)}`, { color: RED }))]),
    [],
  ];
}

function requestRow(request: EgressRequest): Row {
  const { at, method, scheme, host, port, path, status, bytes_down, ms, rule } = request;
  const usual = port === (scheme === "https" ? 443 : 80);
  return row(
    span(`${clock(at)} `, DIM),
    verdictSpan(request),
    span(` ${String(status).padStart(3)} ${method.padEnd(5)}`),
    plainLine(`${scheme}://${host}${usual ? "" : `:${port}`}${path}`),
    span(`  ${bytes(bytes_down)}  ${Math.round(ms)} ms  ${plainLine(rule)}`, DIM),
  );
}

function verdictSpan({ verdict }: EgressRequest): Span {
  switch (verdict) {
    case "allow":
      return span("✓ allow", { color: GREEN });
    case "block":
      return span("✗ block", { color: RED });
    case "hold":
      return span("▲ hold ", { color: YELLOW });
  }
}
