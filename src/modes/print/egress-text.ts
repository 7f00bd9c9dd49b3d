// The egress table in force, a verdict with its steps, and requests as they come.

import type { EgressFinding, EgressRequest, EgressStatus, EgressVerdict, LimitUse } from "#domain/egress/control.ts";
import type { DlpException, TableRoute } from "#domain/egress/route.ts";
import { budgetWords, isUsedUp, limitUseWords, routeWords } from "#domain/egress/route-words.ts";
import { plainLine } from "#domain/plain-text.ts";
import { sizeText } from "#domain/size.ts";

import type { Ink, Paint } from "./paint.ts";
import { relativeTime } from "./relative-time.ts";
import { labelled, table, type Cell } from "./table.ts";

const VERDICT_INKS: Readonly<Record<EgressVerdict["verdict"], Ink>> = {
  allow: "green",
  block: "red",
  hold: "yellow",
  redact: "yellow",
};
const STEP_INKS: Readonly<Record<EgressVerdict["steps"][number]["state"], Ink>> = {
  ok: "green",
  no: "red",
  note: "yellow",
};

/** `names`: slot → the operator's variable. */
export function egressStatusText(
  status: EgressStatus,
  now: Date,
  paint: Paint,
  names: Readonly<Record<string, string>> = {},
): string {
  const { routes, hosts, on_unknown_host, budget, dlp_exceptions = [] } = status.table;
  return [
    routes.length === 0 ? "nothing is allowed" : routeTable(routes, now, paint, names),
    ...Object.entries(hosts).map(([name, address]) => `${plainLine(name)} is pinned to ${plainLine(address)}`),
    ...dlp_exceptions.map((exception) => exceptionText(exception, now)),
    ...(budget === undefined ? [] : [`the bottle may use ${budgetWords(budget).join(", ")}`]),
    `unknown hosts are ${on_unknown_host === "hold" ? `held for ${status.table.hold_seconds} s` : "blocked"}`,
    countersText(status),
    ...(status.usage ?? []).map((use) => usageText(use, paint)),
    ...findingsText(status, paint),
    ...(status.reload_error === undefined
      ? []
      : [paint("red", `the newest table is not in force: ${plainLine(status.reload_error)}`)]),
  ].join("\n");
}

export function verdictText({ verdict, rule, reason, steps }: EgressVerdict, paint: Paint): string {
  const line = `${paint(VERDICT_INKS[verdict], verdict)}: ${plainLine(reason)} (${plainLine(rule)})`;
  if (steps.length === 0) return line;
  const pairs = steps.map(({ step, state, detail }): [string, Cell] => [
    `  ${plainLine(step)}`,
    { text: `${state.padEnd(4)}  ${plainLine(detail)}`, ink: STEP_INKS[state] },
  ]);
  return `${line}\n${labelled(pairs, paint)}`;
}

/** `12:34:56.789 block 403 GET https://host/path (rule) [github-pat blocked in body]`; `...` is the status of what lasts. */
export function requestLine(request: EgressRequest, paint: Paint): string {
  const port = request.port === (request.scheme === "https" ? 443 : 80) ? "" : `:${request.port}`;
  const url = plainLine(`${schemeOf(request)}://${request.host}${port}${request.path}`);
  const verdict = paint(VERDICT_INKS[request.verdict], request.verdict.padEnd(6));
  const status = request.open === true ? "..." : String(request.status).padEnd(3);
  const found = (request.findings ?? []).map((finding) => paint("red", ` [${findingText(finding)}]`)).join("");
  return `${paint("dim", plainLine(request.at.slice(11, 23)))} ${verdict} ${status} ${plainLine(request.method)} ${url} (${plainLine(request.rule)})${found}`;
}

function schemeOf({ protocol, scheme }: EgressRequest): string {
  if (protocol === "tcp") return "tcp";
  if (protocol === "websocket") return scheme === "https" ? "wss" : "ws";
  return scheme;
}

function findingText({ rule, action, where }: EgressFinding): string {
  return plainLine(`${rule} ${action} in ${where}`);
}

function countersText({ version, counters }: EgressStatus): string {
  const { allowed, blocked, held, redacted, open, tunnels, bytes_up, bytes_down } = counters;
  return [
    `version ${version}: ${allowed} allowed, ${blocked} blocked, ${held} held`,
    ...(redacted === 0 ? [] : [`, ${redacted} redacted`]),
    `, ${open} open`,
    ...(tunnels === 0 ? [] : [` (${tunnels} tunnels)`]),
    ...(bytes_up + bytes_down === 0 ? [] : [`; ${sizeText(bytes_up)} up, ${sizeText(bytes_down)} down`]),
  ].join("");
}

/** Red once nothing is left. */
function usageText(use: LimitUse, paint: Paint): string {
  const line = `${use.route === undefined ? "the bottle" : plainLine(use.route)}: ${limitUseWords(use)}`;
  return isUsedUp(use) ? paint("red", `${line}, nothing is left`) : line;
}

/** Secrets on their way out, and answers that try to give orders: how many, and the newest. */
function findingsText({ counters, recent }: EgressStatus, paint: Paint): string[] {
  const { outbound_findings: out, inbound_findings: back } = counters;
  if (out + back === 0) return [];
  const newest = recent.filter(({ findings = [] }) => findings.length > 0).slice(-3);
  return [
    paint("red", `findings: ${out} in what was sent, ${back} in answers`),
    ...newest.map((request) => `  ${requestLine(request, paint)}`),
  ];
}

function exceptionText({ host, rule, fingerprint, decision, once, expires_at }: DlpException, now: Date): string {
  const what = fingerprint === undefined ? "every value" : "one value";
  const end = until({ once, expires_at }, now);
  return plainLine(`${what} of ${rule} may go to ${host} (decision ${decision}${end === "" ? "" : `, ${end}`})`);
}

function routeTable(
  routes: readonly TableRoute[],
  now: Date,
  paint: Paint,
  names: Readonly<Record<string, string>>,
): string {
  return table(
    ["HOST", "PORT", "METHODS", "PATHS", "CREDENTIAL", "FROM", "UNTIL", "RULES"],
    routes.map((route) => [
      { text: plainLine(route.host), ink: "bold" },
      `${route.port ?? 443}${route.http === true ? "+http" : ""}`,
      route.methods?.join(",") ?? "all",
      plainLine(route.path_allowlist?.join(" ") ?? "all"),
      route.auth === undefined ? "" : plainLine(`${route.auth.scheme} ${names[route.auth.slot] ?? route.auth.slot}`),
      from(route),
      until(route, now),
      plainLine(routeWords(route).join(", ")),
    ]),
    paint,
  );
}

function from({ decision, added }: TableRoute): string {
  return decision === undefined ? (added ?? "definition") : `decision ${plainLine(decision)}`;
}

function until(
  { once, expires_at }: { once?: boolean | undefined; expires_at?: string | undefined },
  now: Date,
): string {
  const expiry = expires_at === undefined ? undefined : relativeTime(expires_at, now);
  return [once === true ? "one request" : undefined, expiry].filter((part) => part !== undefined).join(", ");
}
