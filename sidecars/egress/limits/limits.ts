// Limits of routes and the bottle's budget: whether a request may begin, and whether what is under way may go on.

import type { LimitUse } from "#domain/egress/control.ts";
import type { EgressBudget, RouteLimits, RouteTable, TableRoute } from "#domain/egress/route.ts";
import { sizeText } from "#domain/size.ts";

import type { Refusal } from "../policy/refusal.ts";
import { bodyTooLarge, bytesUsedUp, requestsUsedUp, tooManyRequests, unknownUsage } from "./limit-refusal.ts";
import { limitUses } from "./limit-uses.ts";
import { routeKey } from "./route-key.ts";
import type { Usage, Used } from "./usage.ts";

/** Counts one exchange or tunnel while it runs. */
export interface Meter {
  /** Adds bytes of the client's; the refusal is why it must be cut now. Only body bytes count up towards `body_bytes`. */
  count(up: number, down: number): Refusal | undefined;
}

export type Admission =
  | { readonly ok: true; readonly meter: Meter }
  | { readonly ok: false; readonly refusal: Refusal };

export interface Limits {
  /**
   * Counts a request of `route`, or says why it may not begin. `bodyLength` is what it announces, undefined when it does not
   * say: that is counted as it comes.
   */
  admit(route: TableRoute, bodyLength: number | undefined): Admission;
  /** In words, for an explanation; nothing is counted. */
  explain(route: TableRoute): { readonly refusal: Refusal | undefined; readonly details: readonly string[] };
  /** Of every limit in the table in force; nothing is counted. */
  uses(): LimitUse[];
}

export interface LimitsDeps {
  readonly table: () => RouteTable;
  readonly usage: Usage;
  readonly now: () => number;
  /** Something was counted. */
  readonly changed: () => void;
  /** Why what was used today is not known; undefined when it is. */
  readonly unknown: () => string | undefined;
}

export function createLimits(deps: LimitsDeps): Limits {
  const limitsOf = limitsByKey(deps.table);
  const stateOf = (route: TableRoute): State => {
    const key = routeKey(route);
    const limits = limitsOf(key);
    const now = deps.now();
    const bottle = deps.usage.bottle(now);
    return { host: route.host, now, limits, used: deps.usage.of(key), budget: deps.table().budget, bottle };
  };
  return {
    admit(route, bodyLength) {
      const state = stateOf(route);
      const refusal =
        bodyProblem(state, bodyLength) ?? unknownProblem(state, deps) ?? requestProblem(state) ?? bytesProblem(state);
      if (refusal !== undefined) return { ok: false, refusal };
      const { used, bottle, now } = state;
      for (const one of [used, bottle]) {
        one.minute.add(now);
        one.requests += 1;
      }
      deps.changed();
      return { ok: true, meter: meterOf(route, stateOf, deps) };
    },
    explain(route) {
      const state = stateOf(route);
      const refusal = unknownProblem(state, deps) ?? requestProblem(state) ?? bytesProblem(state);
      return { refusal, details: describe(state) };
    },
    uses: () =>
      limitUses({
        table: deps.table(),
        usage: deps.usage,
        now: deps.now(),
        limitsOf,
        known: deps.unknown() === undefined,
      }),
  };
}

interface State {
  readonly host: string;
  readonly now: number;
  readonly limits: RouteLimits | undefined;
  readonly used: Used;
  readonly budget: EgressBudget | undefined;
  readonly bottle: Used;
}

function meterOf(route: TableRoute, stateOf: (route: TableRoute) => State, deps: LimitsDeps): Meter {
  let sent = 0;
  return {
    count(up, down) {
      const state = stateOf(route);
      sent += up;
      state.used.bytes += up + down;
      state.bottle.bytes += up + down;
      deps.changed();
      return (up > 0 ? bodyProblem(state, sent) : undefined) ?? overrun(state);
    },
  };
}

function bodyProblem({ host, limits }: State, length: number | undefined): Refusal | undefined {
  const most = limits?.body_bytes;
  if (most === undefined || length === undefined || length <= most) return undefined;
  return bodyTooLarge(host, most);
}

/** Only where a limit of the day is set: nothing else needs to know. */
function unknownProblem({ host, limits, budget, now }: State, { unknown }: LimitsDeps): Refusal | undefined {
  const reason = unknown();
  if (reason === undefined) return undefined;
  const needed = limits?.bytes_per_day ?? budget?.bytes_per_day ?? budget?.requests_per_day;
  return needed === undefined ? undefined : unknownUsage(host, reason, now);
}

function requestProblem({ host, now, limits, used, budget, bottle }: State): Refusal | undefined {
  const ofRoute = limits?.requests_per_minute;
  if (ofRoute !== undefined && used.minute.count(now) >= ofRoute)
    return tooManyRequests(host, ofRoute, used.minute.wait(now, ofRoute));
  const ofBottle = budget?.requests_per_minute;
  if (ofBottle !== undefined && bottle.minute.count(now) >= ofBottle)
    return tooManyRequests(undefined, ofBottle, bottle.minute.wait(now, ofBottle));
  const aDay = budget?.requests_per_day;
  return aDay !== undefined && bottle.requests >= aDay ? requestsUsedUp(aDay, now) : undefined;
}

/** Whether anything is left for a request to begin with. */
function bytesProblem({ host, now, limits, used, budget, bottle }: State): Refusal | undefined {
  if (limits?.bytes_per_day !== undefined && used.bytes >= limits.bytes_per_day)
    return bytesUsedUp(host, limits.bytes_per_day, now);
  if (budget?.bytes_per_day !== undefined && bottle.bytes >= budget.bytes_per_day)
    return bytesUsedUp(undefined, budget.bytes_per_day, now);
  return undefined;
}

/** Whether what is under way has passed the line: to reach it exactly is allowed. */
function overrun({ host, now, limits, used, budget, bottle }: State): Refusal | undefined {
  if (limits?.bytes_per_day !== undefined && used.bytes > limits.bytes_per_day)
    return bytesUsedUp(host, limits.bytes_per_day, now);
  if (budget?.bytes_per_day !== undefined && bottle.bytes > budget.bytes_per_day)
    return bytesUsedUp(undefined, budget.bytes_per_day, now);
  return undefined;
}

function describe({ now, limits, used, budget, bottle }: State): string[] {
  const facts: (readonly [number | undefined, string])[] = [
    [limits?.requests_per_minute, `${used.minute.count(now)} of the route's %s requests in the last minute`],
    [limits?.bytes_per_day, `${sizeText(used.bytes)} of the route's ${sizeText(limits?.bytes_per_day ?? 0)} today`],
    [limits?.body_bytes, "a request's body may have %s bytes"],
    [budget?.requests_per_minute, `${bottle.minute.count(now)} of the bottle's %s requests in the last minute`],
    [budget?.requests_per_day, `${bottle.requests} of the bottle's %s requests today`],
    [budget?.bytes_per_day, `${sizeText(bottle.bytes)} of the bottle's ${sizeText(budget?.bytes_per_day ?? 0)} today`],
  ];
  return facts.flatMap(([most, text]) => (most === undefined ? [] : [text.replace("%s", String(most))]));
}

/** Looked up by key each time: a reload changes what holds for a stream that is under way. */
function limitsByKey(table: () => RouteTable): (key: string) => RouteLimits | undefined {
  let of: RouteTable | undefined;
  let byKey = new Map<string, RouteLimits>();
  return (key) => {
    const current = table();
    if (current !== of) {
      of = current;
      byKey = new Map();
      for (const route of current.routes)
        if (route.limits !== undefined) byKey.set(routeKey(route), { ...byKey.get(routeKey(route)), ...route.limits });
    }
    return byKey.get(key);
  };
}
