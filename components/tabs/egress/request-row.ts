// One request of a bottle in one line: what was decided by sign and word, what was asked for, what came of it.

import type { EgressFinding, EgressRequest } from "#domain/egress/control.ts";
import { plainLine } from "#domain/plain-text.ts";

import { BOLD, DIM, fit, GREEN, RED, row, span, widthOf, YELLOW, type Row, type Span, type Style } from "../../rows.ts";
import { bytes, clock } from "../../words.ts";

export interface RequestRowStyle {
  readonly width: number;
  readonly selected: boolean;
  /** The search went by it: the others are not hidden. */
  readonly found: boolean;
}

/** Columns that each part takes at a width; what is 0 is left out. */
interface Columns {
  readonly time: number;
  readonly method: number;
  readonly up: number;
  readonly down: number;
  readonly ms: number;
  /** The rule, or what a scan found. */
  readonly tail: number;
}

/** From 200 columns down to 40: first the rule goes, then what was sent, the duration, the time, the sizes. */
export function columnsAt(width: number): Columns {
  const all = { time: 9, method: 8, up: 9, down: 8, ms: 9, tail: 0 };
  if (width >= 150) return { ...all, tail: Math.min(48, Math.floor(width / 4)) };
  if (width >= 110) return { ...all, tail: 26 };
  if (width >= 92) return { ...all, up: 0, tail: 23 };
  if (width >= 70) return { ...all, method: 6, up: 0 };
  if (width >= 56) return { ...all, method: 6, up: 0, ms: 0 };
  return { time: 0, method: 5, up: 0, down: 0, ms: 0, tail: 0 };
}

export function requestRow(request: EgressRequest, { width, selected, found }: RequestRowStyle): Row {
  const { at, status, bytes_up, bytes_down, rule, findings = [] } = request;
  const badge = badgeOf(findings);
  const columns = withBadge(columnsAt(width), badge);
  const { tail } = columns;
  const right = 4 + columns.up + columns.down + columns.ms + tail;
  const left = 2 + columns.time + 9 + columns.method;
  return row(
    span(selected ? "▸ " : "  ", BOLD),
    ...(columns.time > 0 ? [span(`${clock(at)} `, DIM)] : []),
    verdictSpan(request),
    span(` ${fit(methodOf(request), columns.method - 1)} `),
    span(fit(targetOf(request), Math.max(8, width - left - right)), targetStyle(selected, found)),
    statusSpan(status),
    ...(columns.up > 0 ? [span(`↑${bytes(bytes_up)}`.padStart(columns.up), DIM)] : []),
    ...(columns.down > 0 ? [span(bytes(bytes_down).padStart(columns.down), DIM)] : []),
    ...(columns.ms > 0 ? [span(durationOf(request).padStart(columns.ms), DIM)] : []),
    ...(tail === 0 ? [] : [span(" "), ...tailSpans(badge, rule, tail - 1)]),
  );
}

/** Where there is no room for a rule, what a scan found takes the place of the sizes. */
function withBadge(columns: Columns, badge: string): Columns {
  const { down, ms, tail } = columns;
  if (tail > 0 || badge === "" || down + ms === 0) return columns;
  return { ...columns, down: 0, ms: 0, tail: down + ms };
}

/** A tunnel that nobody reads has no method of its own. */
function methodOf({ protocol, method }: EgressRequest): string {
  return protocol === "tcp" ? "tcp" : plainLine(method.slice(0, 20));
}

function targetStyle(selected: boolean, found: boolean): Style {
  return { ...(selected ? { inverse: true } : {}), ...(found ? { bold: true, underline: true } : {}) };
}

/** Longer ones cannot be on the screen, and measuring them costs. */
const SHOWN_TEXT = 600;

/** Host and path; before them how it came where that is not plain HTTP/1.1, and after a host its port where it is not usual. */
export function targetOf(request: EgressRequest, limit = SHOWN_TEXT): string {
  const { protocol, scheme, host, port, path } = request;
  // What is no address at all has no port either.
  const usual = port === 0 || (protocol !== "tcp" && port === (scheme === "https" ? 443 : 80));
  const place = usual ? host : `${host}:${port}`;
  const rest = protocol === "tcp" ? "" : path;
  return plainLine(`${PROTOCOLS[protocol]}${scheme === "http" ? "http://" : ""}${place}${rest}`.slice(0, limit));
}

const PROTOCOLS: Readonly<Record<EgressRequest["protocol"], string>> = {
  "http/1.1": "",
  h2: "h2 ",
  websocket: "ws ",
  tcp: "", // stands in the place of the method
};

const VERDICTS: Readonly<Record<EgressRequest["verdict"], { sign: string; style: Style }>> = {
  allow: { sign: "✓", style: { color: GREEN } },
  block: { sign: "✗", style: { color: RED } },
  hold: { sign: "▲", style: { color: YELLOW, bold: true } },
  redact: { sign: "~", style: { color: YELLOW } },
};

/** The sign and the word, eight columns: no verdict is told by colour alone. */
export function verdictSpan({ verdict }: Pick<EgressRequest, "verdict">): Span {
  const { sign, style } = VERDICTS[verdict];
  return span(`${sign} ${verdict.padEnd(6)}`, style);
}

function statusSpan(status: number): Span {
  const text = ` ${status === 0 ? "···" : String(status)}`;
  return span(text, status >= 500 ? { color: RED } : status >= 400 ? { color: YELLOW } : {});
}

function durationOf({ open, ms }: EgressRequest): string {
  if (open === true) return "open";
  if (ms < 10_000) return `${Math.round(ms)} ms`;
  return ms < 600_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

/** The gravest finding, and how many more there are: `⚑ github-pat redacted +1`. */
export function badgeOf(findings: readonly EgressFinding[]): string {
  const worst = findings.toSorted((a, b) => WEIGHT.indexOf(a.action) - WEIGHT.indexOf(b.action))[0];
  if (worst === undefined) return "";
  const more = findings.length > 1 ? ` +${findings.length - 1}` : "";
  return `⚑ ${plainLine(worst.rule.slice(0, 80))} ${worst.action}${more}`;
}

const WEIGHT: readonly EgressFinding["action"][] = ["blocked", "redacted", "masked", "warned", "allowed"];

function tailSpans(badge: string, rule: string, width: number): Span[] {
  const text = plainLine(rule.slice(0, SHOWN_TEXT));
  if (badge === "") return [span(fit(text, width), DIM)];
  const room = width - widthOf(badge) - 2;
  const flag = { color: YELLOW, bold: true };
  return room < 8 ? [span(fit(badge, width), flag)] : [span(badge, flag), span(`  ${fit(text, room)}`, DIM)];
}
