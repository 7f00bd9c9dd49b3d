// Which requests are shown: words and terms such as `verdict:block host:api status:5xx`, and a kind that one key goes through.

import type { EgressRequest } from "#domain/egress/control.ts";

import type { RequestRing, RequestRow } from "./request-ring.ts";

export type Kind = (typeof KINDS)[number];
export const KINDS = ["all", "blocked", "held", "findings"] as const;

export type Matches = (request: EgressRequest) => boolean;

const ALL: Matches = () => true;

/** All of the words and terms must fit; a term whose name nobody knows is a word. */
export function matcherOf(text: string, kind: Kind = "all"): Matches {
  const tests = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(testOf);
  if (kind !== "all") tests.unshift(IS[kind]);
  if (tests.length === 0) return ALL;
  return (request) => tests.every((test) => test(request));
}

const IS: Readonly<Record<Exclude<Kind, "all">, Matches>> = {
  blocked: ({ verdict }) => verdict === "block",
  held: ({ verdict }) => verdict === "hold",
  findings: ({ findings }) => findings !== undefined && findings.length > 0,
};

type Term = (wanted: string) => Matches;

const TERMS: Readonly<Record<string, Term>> = {
  verdict: (wanted) => (request) => request.verdict.startsWith(wanted),
  host: (wanted) => (request) => holds(request.host, wanted),
  path: (wanted) => (request) => holds(request.path, wanted),
  method: (wanted) => (request) => request.method.toLowerCase().startsWith(wanted),
  rule: (wanted) => (request) => holds(request.rule, wanted),
  status: (wanted) => (request) => isStatus(request.status, wanted),
  proto: (wanted) => (request) => PROTOCOL_WORDS[request.protocol].some((word) => word.startsWith(wanted)),
  port: (wanted) => (request) => String(request.port) === wanted,
  found: (wanted) => (request) => (request.findings ?? []).some(({ rule }) => holds(rule, wanted)),
};

const PROTOCOL_WORDS: Readonly<Record<EgressRequest["protocol"], readonly string[]>> = {
  "http/1.1": ["http/1.1", "h1"],
  h2: ["h2", "http/2"],
  websocket: ["websocket", "ws"],
  tcp: ["tcp"],
};

/** `5xx`, `404`, or the beginning of one. */
function isStatus(status: number, wanted: string): boolean {
  return String(status).startsWith(wanted.replace(/x+$/, ""));
}

function testOf(word: string): Matches {
  const [, name = "", wanted = ""] = /^([a-z]+):(.+)$/.exec(word) ?? [];
  const term = Object.hasOwn(TERMS, name) ? TERMS[name] : undefined;
  return term?.(wanted) ?? ((request) => isIn(request, word));
}

/** The words stand anywhere in what a row says. */
function isIn({ host, path, method, verdict, rule, findings = [] }: EgressRequest, word: string): boolean {
  return (
    holds(`${host}${path}`, word) ||
    holds(method, word) ||
    verdict.includes(word) ||
    holds(rule, word) ||
    findings.some((finding) => holds(finding.rule, word))
  );
}

function holds(text: string, wanted: string): boolean {
  return text.toLowerCase().includes(wanted);
}

/** The `count` rows that fit, from the one with number `bottom` upwards; oldest first. */
export function rowsUpTo(ring: RequestRing, matches: Matches, bottom: number, count: number): RequestRow[] {
  const rows: RequestRow[] = [];
  for (let seq = Math.min(bottom, ring.last); seq >= ring.first && rows.length < count; seq -= 1) {
    const row = ring.at(seq);
    if (row !== undefined && matches(row.request)) rows.push(row);
  }
  return rows.toReversed();
}

/** The `count` rows that fit, from the one with number `top` downwards. */
export function rowsFrom(ring: RequestRing, matches: Matches, top: number, count: number): RequestRow[] {
  const rows: RequestRow[] = [];
  for (let seq = Math.max(top, ring.first); seq <= ring.last && rows.length < count; seq += 1) {
    const row = ring.at(seq);
    if (row !== undefined && matches(row.request)) rows.push(row);
  }
  return rows;
}
