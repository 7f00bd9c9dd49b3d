// The egress table in force, a verdict, and requests as they end.

import type { EgressRequest, EgressStatus, EgressVerdict } from "#domain/egress/control.ts";
import type { TableRoute } from "#domain/egress/route.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { Ink, Paint } from "./paint.ts";
import { relativeTime } from "./relative-time.ts";
import { table } from "./table.ts";

const VERDICT_INKS: Readonly<Record<EgressVerdict["verdict"], Ink>> = {
  allow: "green",
  block: "red",
  hold: "yellow",
  redact: "yellow",
};

export function egressStatusText(status: EgressStatus, now: Date, paint: Paint): string {
  const { routes, hosts, on_unknown_host } = status.table;
  const { allowed, blocked, held, open } = status.counters;
  return [
    routes.length === 0 ? "nothing is allowed" : routeTable(routes, now, paint),
    ...Object.entries(hosts).map(([name, address]) => `${plainLine(name)} is pinned to ${plainLine(address)}`),
    `unknown hosts are ${on_unknown_host === "hold" ? `held for ${status.table.hold_seconds} s` : "blocked"}`,
    `version ${status.version}: ${allowed} allowed, ${blocked} blocked, ${held} held, ${open} open`,
    ...(status.reload_error === undefined
      ? []
      : [paint("red", `the newest table is not in force: ${plainLine(status.reload_error)}`)]),
  ].join("\n");
}

export function verdictText({ verdict, rule, reason }: EgressVerdict, paint: Paint): string {
  return `${paint(VERDICT_INKS[verdict], verdict)}: ${plainLine(reason)} (${plainLine(rule)})`;
}

/** `12:34:56.789 block 403 GET https://host/path (rule)`. */
export function requestLine(request: EgressRequest, paint: Paint): string {
  const port = request.port === (request.scheme === "https" ? 443 : 80) ? "" : `:${request.port}`;
  const url = plainLine(`${request.scheme}://${request.host}${port}${request.path}`);
  const verdict = paint(VERDICT_INKS[request.verdict], request.verdict.padEnd(5));
  return `${paint("dim", plainLine(request.at.slice(11, 23)))} ${verdict} ${request.status} ${plainLine(request.method)} ${url} (${plainLine(request.rule)})`;
}

function routeTable(routes: readonly TableRoute[], now: Date, paint: Paint): string {
  return table(
    ["HOST", "PORT", "METHODS", "PATHS", "CREDENTIAL", "FROM", "UNTIL"],
    routes.map((route) => [
      { text: plainLine(route.host), ink: "bold" },
      `${route.port ?? 443}${route.http === true ? "+http" : ""}`,
      route.methods?.join(",") ?? "all",
      plainLine(route.path_allowlist?.join(" ") ?? "all"),
      route.auth === undefined ? "" : `${route.auth.scheme} ${route.auth.slot}`,
      route.decision === undefined ? "definition" : `decision ${plainLine(route.decision)}`,
      until(route, now),
    ]),
    paint,
  );
}

function until({ once, expires_at }: TableRoute, now: Date): string {
  const expiry = expires_at === undefined ? undefined : relativeTime(expires_at, now);
  return [once === true ? "one request" : undefined, expiry].filter((part) => part !== undefined).join(", ");
}
