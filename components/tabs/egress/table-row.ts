// The table in force, one rule a line, and all that a rule says below the list.

import type { DlpException, RouteLimits, RouteTable, TableRoute } from "#domain/egress/route.ts";
import { plainLine } from "#domain/plain-text.ts";

import { BOLD, DIM, fit, row, span, wrap, YELLOW, type Row } from "../../rows.ts";
import { clock } from "../../words.ts";

/** A row of the table in force: a rule, or what an approved finding lets through. */
export type TableRow =
  | { readonly type: "route"; readonly route: TableRoute }
  | { readonly type: "exception"; readonly exception: DlpException };

export function tableRowsOf(table: RouteTable | undefined): readonly TableRow[] {
  if (table === undefined) return [];
  return [
    ...table.routes.map((route): TableRow => ({ type: "route", route })),
    ...(table.dlp_exceptions ?? []).map((exception): TableRow => ({ type: "exception", exception })),
  ];
}

export interface TableRowStyle {
  readonly width: number;
  readonly selected: boolean;
  /** How often a decision's rule was used, by the decision; undefined where nobody knows. */
  readonly uses: (decision: string) => number | undefined;
}

export function tableRow(entry: TableRow, { width, selected, uses }: TableRowStyle): Row {
  const host = Math.max(14, Math.min(44, Math.floor(width * 0.3)));
  const words = entry.type === "route" ? routeWords(entry.route) : exceptionWords(entry.exception);
  return row(
    span(selected ? "▸ " : "  ", BOLD),
    span(fit(hostOf(entry), host), selected ? { inverse: true } : BOLD),
    ` ${words.join("  ")}`,
    span(`  ${originWords(entry, uses)}`, DIM),
  );
}

/** Everything of one rule, over as many rows as it takes. */
export function tableRowDetail(entry: TableRow, { width, uses }: Omit<TableRowStyle, "selected">): Row[] {
  const words = entry.type === "route" ? routeWords(entry.route) : exceptionWords(entry.exception);
  return [
    row(span("─".repeat(Math.max(0, width)), DIM)),
    ...wrap(`${hostOf(entry)}: ${words.join("; ")}`, width).map((line) => row(...line)),
    ...wrap(originWords(entry, uses), width, DIM).map((line) => row(...line)),
  ];
}

/** The name of a row, for a question about it. */
export function hostOf(entry: TableRow): string {
  if (entry.type === "exception") return plainLine(entry.exception.host);
  const { host, port, raw_tcp } = entry.route;
  return plainLine(port === undefined && raw_tcp !== true ? host : `${host}:${port ?? 443}`);
}

function routeWords(route: TableRoute): string[] {
  const { methods, path_allowlist, matches, auth, http, encoded_slashes, limits, dlp, pipelock } = route;
  if (route.raw_tcp === true) return ["raw TCP: a plain tunnel, nothing is read"];
  if (pipelock?.tls_passthrough === true) return ["TLS passthrough: nothing is read", ...limitWords(limits)];
  return [
    methods?.join(" ") ?? "any method",
    path_allowlist?.map(plainLine).join(" ") ?? "any path",
    ...(matches ?? []).map((match) => plainLine(`if ${matchWords(match)}`)),
    auth === undefined ? "no credential" : `${plainLine(auth.scheme)} credential`,
    ...(http === true ? ["plain HTTP too"] : []),
    ...(encoded_slashes === true ? ["encoded slashes"] : []),
    ...limitWords(limits),
    ...(dlp?.outbound_on_match === undefined ? [] : [`secrets: ${dlp.outbound_on_match}`]),
    ...(dlp?.inbound === undefined ? [] : [`answers: ${dlp.inbound}`]),
    ...(pipelock?.ssrf_ip_allowlist ?? []).map((cidr) => plainLine(`may be at ${cidr}`)),
  ];
}

function matchWords({ path, methods, headers = {} }: NonNullable<TableRoute["matches"]>[number]): string {
  const names = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [...(methods ?? []), ...(path === undefined ? [] : [path]), ...names].join(" ");
}

function limitWords(limits: RouteLimits = {}): string[] {
  const { requests_per_minute, bytes_per_day, body_bytes } = limits;
  return [
    ...(requests_per_minute === undefined ? [] : [`${requests_per_minute}/min`]),
    ...(bytes_per_day === undefined ? [] : [`${bytes_per_day} bytes a day`]),
    ...(body_bytes === undefined ? [] : [`bodies up to ${body_bytes} bytes`]),
  ];
}

function exceptionWords({ rule, fingerprint }: DlpException): string[] {
  const what = fingerprint === undefined ? "whatever its value" : "one value only";
  return [`⚑ lets ${plainLine(rule)} pass, ${what}`];
}

function originWords(entry: TableRow, uses: TableRowStyle["uses"]): string {
  const { decision, once, expires_at } = entry.type === "route" ? entry.route : entry.exception;
  if (decision === undefined) {
    const byHand = entry.type === "route" && entry.route.added === "operator";
    return byHand ? "added by the operator, until the bottle stops" : "from the definition";
  }
  const count = uses(decision);
  return [
    `by decision ${plainLine(decision)}`,
    ...(count === undefined ? [] : [count === 0 ? "not used yet" : `used ${count}×`]),
    ...(once === true ? ["once"] : []),
    ...(expires_at === undefined ? [] : [`until ${clock(expires_at)}`]),
  ].join(", ");
}

/** Why the list is empty. */
export function emptyTable(): Row[] {
  return [row(span("the table is empty: nothing gets out", { color: YELLOW }))];
}
