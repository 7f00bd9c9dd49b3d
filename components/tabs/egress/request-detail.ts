// Everything about one request in words: what was asked, what came of it, what a scan found, and why the proxy decides so.

import type { EgressFinding, EgressRequest, EgressVerdict, VerdictStep } from "#domain/egress/control.ts";
import { plainLine } from "#domain/plain-text.ts";

import { BOLD, DIM, GREEN, RED, row, span, wrap, YELLOW, type Row, type Span, type Style } from "../../rows.ts";
import { bytes, clock } from "../../words.ts";
import { verdictSpan } from "./request-row.ts";

export interface RequestDetailProps {
  readonly slug: string;
  readonly request: EgressRequest;
  /** What the proxy would do with it now, or why that cannot be said; null while it is asked. */
  readonly verdict: EgressVerdict | { readonly problem: string } | null;
  /** What `a` would do, or why it can do nothing; nothing for what was allowed. */
  readonly allowing: string;
  readonly width: number;
}

export function requestDetail({ slug, request, verdict, allowing, width }: RequestDetailProps): Row[] {
  const { id, at, method, scheme, host, port, path, protocol, status, rule, decision, open, findings = [] } = request;
  const field = (name: string, text: string, style: Style = {}): Row[] =>
    wrap(plainLine(text), Math.max(8, width - 12), style).map((line, index) =>
      row(span((index === 0 ? name : "").padEnd(12), DIM), ...line),
    );
  return [
    row(
      verdictSpan(request),
      span(` ${plainLine(slug)}  #${id} at ${clock(at)}`, DIM),
      ...(open === true ? [span("  it goes on", { color: YELLOW })] : []),
    ),
    ...field("request", `${method} ${scheme}://${host}:${port}${protocol === "tcp" ? "" : path}`, BOLD),
    ...field("came as", PROTOCOLS[protocol]),
    ...field("answer", status === 0 ? "none yet" : `status ${status}`),
    ...field("sizes", `${bytes(request.bytes_up)} sent, ${bytes(request.bytes_down)} received`),
    ...(open === true ? field("open since", clock(at)) : field("took", `${Math.round(request.ms)} ms`)),
    ...field("rule", rule),
    ...(decision === undefined ? [] : field("decision", `${decision}: u in the inbox takes it back`)),
    ...findings.flatMap((finding) => field("found", findingWords(finding), { color: YELLOW, bold: true })),
    ...(allowing === "" ? [] : field("to allow it", allowing)),
    [],
    ...verdictRows(verdict, width),
  ];
}

const PROTOCOLS: Readonly<Record<EgressRequest["protocol"], string>> = {
  "http/1.1": "HTTP/1.1",
  h2: "HTTP/2",
  websocket: "a WebSocket",
  tcp: "a tunnel that is not read",
};

const ACTIONS: Readonly<Record<EgressFinding["action"], string>> = {
  warned: "noted, and let pass",
  redacted: "replaced by stars, and sent so",
  masked: "masked before the agent saw it",
  blocked: "stopped because of it",
  allowed: "let through by a decision",
};

/** `github-pat in what was to leave: header X-Note; replaced by stars, and sent so`. */
function findingWords({ rule, direction, where, action }: EgressFinding): string {
  const side = direction === "outbound" ? "in what was to leave" : "in the answer";
  return plainLine(`⚑ ${rule.slice(0, 80)} ${side}: ${where.slice(0, 300)}; ${ACTIONS[action]}`);
}

function verdictRows(verdict: RequestDetailProps["verdict"], width: number): Row[] {
  if (verdict === null) return [row(span("asking the proxy what it would do now…", DIM))];
  if ("problem" in verdict)
    return wrap(`what it would do now cannot be said: ${plainLine(verdict.problem)}`, width, DIM);
  return [
    row(span("the same request now: ", BOLD), verdictSpan(verdict), ` ${plainLine(verdict.rule)}`),
    ...wrap(plainLine(verdict.reason), width).map((line) => row(...line)),
    ...verdict.steps.flatMap((step) => stepRows(step, width)),
  ];
}

const STATES: Readonly<Record<VerdictStep["state"], Span>> = {
  ok: span("✓ ", { color: GREEN }),
  no: span("✗ ", { color: RED, bold: true }),
  note: span("· ", { color: YELLOW }),
};

function stepRows({ step, state, detail }: VerdictStep, width: number): Row[] {
  return wrap(plainLine(detail), Math.max(8, width - 16)).map((line, index) =>
    row(
      index === 0 ? STATES[state] : span("  "),
      span((index === 0 ? plainLine(step) : "").slice(0, 12).padEnd(13), DIM),
      ...line,
    ),
  );
}
