// What was learned of a bottle's requests, as YAML for its definition with the numbers as comments.

import { stringify } from "yaml";

import type { Learned, LearnedRoute } from "#domain/egress/learn.ts";
import type { TableRoute } from "#domain/egress/route.ts";
import { plainLine } from "#domain/plain-text.ts";

import { relativeTime } from "./relative-time.ts";

/** What was refused stands there as comments: pasting the text opens nothing. */
export function learnText({ since, routes, unused, left_out }: Learned, slug: string, now: Date): string {
  const allowed = routes.filter(({ state }) => state !== "missing");
  const refused = routes.filter(({ state }) => state === "missing");
  return [
    `# The least that ${plainLine(slug)} needed of what it was allowed since ${since}.`,
    ...(left_out === 0 ? [] : [`# ${left_out} kinds of request were not kept: this is not all.`]),
    "egress:",
    allowed.length === 0 ? "  routes: []" : "  routes:",
    ...allowed.flatMap((learned) => [`    # ${said(learned, now)}`, ...indented(routeYaml(learned), "    ")]),
    ...sameHosts(allowed),
    ...(refused.length === 0
      ? []
      : ["    # It asked for these too, and was refused; take out the # of what it may have:"]),
    ...refused.flatMap((learned) => [`    # ${said(learned, now)}`, ...indented(routeYaml(learned), "    #")]),
    ...(unused.length === 0 ? [] : ["# Nothing that was seen needed these rules:"]),
    ...unused.map((route) => `#   ${unusedText(route)}`),
  ].join("\n");
}

function said({ count, allowed, last_seen, state }: LearnedRoute, now: Date): string {
  const times = count === 1 ? "1 request" : `${count} requests`;
  const refused = count - allowed > 0 && allowed > 0 ? `, ${count - allowed} of them refused` : "";
  const than = { same: "as the rule that is there", narrower: "narrower than what is there", missing: "refused" }[
    state
  ];
  return `${times}${refused}, last ${relativeTime(last_seen, now)}; ${than}`;
}

function routeYaml({ route, credential }: LearnedRoute): string[] {
  const lines = stringify([route], { lineWidth: 0 })
    .trimEnd()
    .split("\n")
    .map((line) => plainLine(line));
  return credential === undefined ? lines : [...lines, `  # keep its \`auth\`: ${plainLine(credential)}`];
}

/** A definition has one route for a host. */
function sameHosts(routes: readonly LearnedRoute[]): string[] {
  const hosts = routes.map(({ route }) => route.host);
  const twice = [...new Set(hosts.filter((host, index) => hosts.indexOf(host) !== index))];
  return twice.map(
    (host) =>
      `    # a definition takes one route for ${plainLine(host)}: choose its port, or write a bottle for the other`,
  );
}

function unusedText({ host, port, methods, path_allowlist }: TableRoute): string {
  const place = port === undefined || port === 443 ? host : `${host}:${port}`;
  return plainLine(
    [place, methods?.join("|"), path_allowlist?.join(" ")].filter((part) => part !== undefined).join(" "),
  );
}

function indented(lines: readonly string[], by: string): string[] {
  return lines.map((line) => `${by}${by.endsWith("#") ? " " : ""}${line}`);
}
