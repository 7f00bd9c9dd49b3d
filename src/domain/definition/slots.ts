// From routes to the proxy's table: every distinct `token_ref` gets a slot, and only the slot stands in the table.

import { BottleError } from "#domain/bottle-error.ts";
import type { Route, RouteTable, TableRoute, UnaskedCall } from "#domain/egress/route.ts";
import { isPassthrough } from "#domain/egress/route-rules.ts";

import type { Bottle } from "./bottle.ts";
import { asCidr, ruleHost } from "./egress.ts";
import { own } from "./environment.ts";

/** A variable of the egress proxy's environment, and where its value comes from. */
export interface Slot {
  /** `EGRESS_TOKEN_0`, … */
  readonly slot: string;
  /** The operator's variable. */
  readonly variable: string;
  /** The hosts that it is sent to. */
  readonly hosts: readonly string[];
}

/** Provider routes own their hosts; the definition's routes fill the rest. Slots count in the order of the merged table. */
export function buildTable(
  bottle: Pick<Bottle, "egress" | "budget">,
  providerRoutes: readonly Route[],
  unasked: readonly UnaskedCall[] = [],
): { table: RouteTable; slots: Slot[] } {
  const { on_unknown_host, hold_seconds, hosts, routes } = bottle.egress;
  const merged = mergeRoutes(providerRoutes.map(providerRoute), routes).map(heldRoute);
  const slots = assignSlots(merged);
  return {
    table: {
      version: 1,
      on_unknown_host,
      hold_seconds,
      hosts: Object.fromEntries(Object.entries(hosts).map(([name, pin]) => [ruleHost(name), pin])),
      ...(bottle.budget === undefined ? {} : { budget: bottle.budget }),
      ...(unasked.length === 0 ? {} : { unasked: [...unasked] }),
      routes: merged.map((route) => tableRoute(route, slots)),
    },
    slots,
  };
}

/** What the egress proxy's environment gets. Throws `invalid` naming each variable that is not set, and its hosts. */
export function readSecrets(
  slots: readonly Slot[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const wrong = slots.flatMap(({ variable, hosts }) => {
    const problem = tokenProblem(own(env, variable));
    return problem === undefined ? [] : [`${variable} ${problem} (for ${hosts.join(", ")})`];
  });
  if (wrong.length > 0) {
    throw new BottleError("invalid", wrong.join("; "), {
      where: "egress.routes",
      hint: "export the token before the launch, or remove `auth` from the route",
    });
  }
  return Object.fromEntries(slots.map(({ slot, variable }) => [slot, own(env, variable) ?? ""]));
}

/** The operator's variable of each slot in a table, as far as routes of a definition on the same hosts name it. */
export function variablesOfSlots(
  routes: readonly Pick<Route, "host" | "auth">[],
  table: readonly Pick<TableRoute, "host" | "auth">[],
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { host, auth } of table) {
    const written = routes.find((route) => ruleHost(route.host) === host && route.auth?.scheme === auth?.scheme);
    if (auth !== undefined && written?.auth !== undefined) variables[auth.slot] = written.auth.token_ref;
  }
  return variables;
}

function mergeRoutes(providerRoutes: readonly Route[], routes: readonly Route[]): Route[] {
  const owned = new Set(providerRoutes.map(({ host }) => ruleHost(host)));
  return [...providerRoutes, ...routes.filter(({ host }) => !owned.has(ruleHost(host)))];
}

/** What an agent sends to its own model is full of what it read: a secret there is replaced, and the work goes on. */
function providerRoute(route: Route): Route {
  if (route.raw_tcp === true || isPassthrough(route)) return route;
  return { ...route, dlp: { outbound_on_match: "redact", ...route.dlp } };
}

/**
 * `tls_passthrough` beside what needs the connection opened (see bottle-rules.ts): no credential goes to that host, and
 * path rules and methods are held by opening it.
 */
function heldRoute(route: Route): Route {
  if (!isPassthrough(route)) return route;
  const { auth: _auth, pipelock, ...rest } = route;
  if (route.path_allowlist === undefined && route.methods === undefined)
    return { ...rest, ...(pipelock && { pipelock }) };
  const { tls_passthrough: _passthrough, ...others } = pipelock ?? {};
  return { ...rest, ...(Object.keys(others).length === 0 ? {} : { pipelock: others }) };
}

function assignSlots(routes: readonly Route[]): Slot[] {
  const hostsOf = new Map<string, string[]>();
  for (const { host, auth } of routes) {
    if (auth === undefined) continue;
    const hosts = hostsOf.get(auth.token_ref);
    if (hosts === undefined) hostsOf.set(auth.token_ref, [ruleHost(host)]);
    else hosts.push(ruleHost(host));
  }
  return Array.from(hostsOf, ([variable, hosts], index) => ({ slot: `EGRESS_TOKEN_${index}`, variable, hosts }));
}

function tableRoute({ auth, host, pipelock, ...route }: Route, slots: readonly Slot[]): TableRoute {
  const slot = slots.find(({ variable }) => variable === auth?.token_ref)?.slot;
  const cidrs = pipelock?.ssrf_ip_allowlist?.map(asCidr);
  return {
    host: ruleHost(host),
    ...route,
    ...(auth === undefined || slot === undefined ? {} : { auth: { scheme: auth.scheme, slot } }),
    ...(pipelock === undefined
      ? {}
      : { pipelock: { ...pipelock, ...(cidrs === undefined ? {} : { ssrf_ip_allowlist: cidrs }) } }),
  };
}

function tokenProblem(token: string | undefined): string | undefined {
  if (token === undefined) return "is not set";
  if (token.trim() === "") return "is empty";
  // oxlint-disable-next-line no-control-regex -- a control character would split the header that carries the token
  return /[\u0000-\u001f\u007f]/.test(token) ? "has a line break or another control character" : undefined;
}
