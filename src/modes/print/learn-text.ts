// What was learned of a bottle's requests, as YAML for its definition with the numbers as comments.

import { stringify } from "yaml";

import type { Learned, LearnedRoute } from "#domain/egress/learn.ts";
import type { Route, RouteLimits, RouteMatch, TableRoute } from "#domain/egress/route.ts";
import { plainLine } from "#domain/plain-text.ts";
import { parseSize, sizeText } from "#domain/size.ts";

import { relativeTime } from "./relative-time.ts";

/**
 * What was refused stands there as comments: pasting the text opens nothing. Each # before YAML may be taken out, alone or
 * with all others: one host is one route, as a definition wants it.
 */
export function learnText({ since, routes, unused, left_out }: Learned, slug: string, now: Date): string {
  const hosts = Map.groupBy(routes, ({ route }) => route.host);
  const blocks = [...hosts.values()].map((learned) => hostBlock(learned, now));
  const allowed = blocks.filter(({ isOpen }) => isOpen);
  const refused = blocks.filter(({ isOpen }) => !isOpen);
  return [
    `# The least that ${plainLine(slug)} needed of what it was allowed since ${since}.`,
    ...(left_out === 0 ? [] : [`# ${left_out} kinds of request were not kept: this is not all.`]),
    "egress:",
    allowed.length === 0 ? "  routes: []" : "  routes:",
    ...allowed.flatMap(({ lines }) => lines),
    ...(refused.length === 0
      ? []
      : [
          allowed.length === 0
            ? "    # It asked for these, and has no rule or got no answer; take out the # of what it may have, and the [] above:"
            : "    # It asked for these too, and has no rule or got no answer; take out the # of what it may have:",
        ]),
    ...refused.flatMap(({ lines }) => lines),
    ...(unused.length === 0 ? [] : ["# Nothing that was seen needed these rules:"]),
    ...unused.map((route) => `#   ${unusedText(route)}`),
  ].join("\n");
}

/** One line for a person: `https://host GET /v1; POST /v2`. */
export function routeLine({ host, port, http, methods, path_allowlist, matches }: Route): string {
  const rules = matches?.map(({ path, methods: own }) => `${own?.join(",") ?? "all"} ${path ?? "/"}`);
  const what = rules?.join("; ") ?? `${methods?.join(",") ?? "all"} ${path_allowlist?.join(" ") ?? "/"}`;
  return plainLine(`${http === true ? "http(s)" : "https"}://${host}${port === undefined ? "" : `:${port}`} ${what}`);
}

interface Block {
  /** Its first route is no comment. */
  readonly isOpen: boolean;
  readonly lines: readonly string[];
}

function hostBlock(learned: readonly LearnedRoute[], now: Date): Block {
  const order = { same: 0, narrower: 0, unanswered: 1, missing: 2 };
  const [first, ...others] = learned.toSorted(
    (one, other) => order[one.state] - order[other.state] || other.count - one.count,
  ) as [LearnedRoute, ...LearnedRoute[]];
  const isOpen = order[first.state] === 0;
  const joining = others.filter((other) => isOpen && other.state === "missing" && canJoin(first.route, other.route));
  const apart = others.filter((other) => !joining.includes(other));
  const mark = isOpen ? "    " : "    # ";
  const route = joining.length === 0 ? first.route : inMatches(first.route);
  return {
    isOpen,
    lines: [
      `    # ${said(first, now)}`,
      ...yamlOf([forPeople(route)]).map((line) => `${mark}${line}`),
      ...joining.flatMap((other) => joiningLines(first.route, other, now)),
      ...(first.credential === undefined
        ? []
        : [`    #   keep the \`auth\` that is there (${plainLine(first.credential)})`]),
      ...apart.map(
        (other) =>
          `    #   not in this, for a definition takes one route for a host: ${routeLine(other.route)} (${said(other, now)})`,
      ),
    ],
  };
}

/** What was refused fits into the route that is there as further `matches`. */
function canJoin(into: Route, route: Route): boolean {
  if (route.port !== into.port || (route.http === true && into.http !== true)) return false;
  return matchesOf(into).every((match) => Object.keys(match).length > 0);
}

function joiningLines({ encoded_slashes }: Route, other: LearnedRoute, now: Date): string[] {
  const matches = matchesOf(other.route).map(({ path, ...rest }): RouteMatch => {
    return encoded_slashes === true || path === undefined ? rest : { path, ...rest };
  });
  return [
    `        # ${said(other, now)}; take out the # of what it may have:`,
    ...yamlOf(matches).map((line) => `        # ${line}`),
  ];
}

function inMatches({ methods: _methods, path_allowlist: _paths, matches: _matches, ...rest }: Route): Route {
  return { ...rest, matches: matchesOf({ methods: _methods, path_allowlist: _paths, matches: _matches }) };
}

type Rule = { readonly [K in "methods" | "path_allowlist" | "matches"]?: Route[K] | undefined };

function matchesOf({ methods, path_allowlist, matches }: Rule): RouteMatch[] {
  if (matches !== undefined) return matches;
  const match = methods === undefined ? {} : { methods };
  return path_allowlist === undefined ? [match] : path_allowlist.map((path) => ({ path, ...match }));
}

function said({ count, allowed, last_seen, state }: LearnedRoute, now: Date): string {
  const times = count === 1 ? "1 request" : `${count} requests`;
  const refused = count - allowed > 0 && allowed > 0 ? `, ${count - allowed} of them refused` : "";
  const than = {
    same: "as the rule that is there",
    narrower: "narrower than what is there",
    missing: allowed === 0 ? "refused" : "allowed by a rule that is gone",
    unanswered: "never answered: no such server, or none that could be reached",
  }[state];
  return `${times}${refused}, last ${relativeTime(last_seen, now)}; ${than}`;
}

/** Sizes as people write them. */
function forPeople({ limits, matches, ...route }: Route): object {
  return {
    ...route,
    ...(limits === undefined ? {} : { limits: sizesOf(limits) }),
    ...(matches === undefined ? {} : { matches }), // last: what was refused goes on below it
  };
}

function sizesOf(limits: RouteLimits): object {
  return Object.fromEntries(
    Object.entries(limits).map(([key, value]) => {
      const text = value === undefined || !key.includes("bytes") ? "" : sizeText(value);
      return [key, parseSize(text) === value ? text : value];
    }),
  );
}

function yamlOf(value: unknown): string[] {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
    .trimEnd()
    .split("\n")
    .map((line) => plainLine(line));
}

function unusedText({ host, port, methods, path_allowlist }: TableRoute): string {
  const place = port === undefined || port === 443 ? host : `${host}:${port}`;
  return plainLine(
    [place, methods?.join("|"), path_allowlist?.join(" ")].filter((part) => part !== undefined).join(" "),
  );
}
