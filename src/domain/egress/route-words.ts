// What a route says beyond host, methods and paths, in words; for whoever shows routes.

import { sizeText } from "#domain/size.ts";

import type { LimitUse } from "./control.ts";
import { isPassthrough } from "./route-rules.ts";
import type { EgressBudget, Route, RouteMatch, TableRoute } from "./route.ts";

const OUTBOUND = {
  supervise: "secrets are asked about",
  redact: "secrets are starred out",
  block: "secrets are refused",
};
const INBOUND = {
  warn: "prompt injection is noted",
  block: "prompt injection is refused",
  off: "prompt injection is not looked for",
};

/** One short phrase each; none for what is as it is by default. */
export function routeWords(route: Route | TableRoute): string[] {
  const { matches, dlp, limits, encoded_slashes, raw_tcp, http } = route;
  return [
    ...(raw_tcp === true ? ["raw TCP: nothing is read"] : []),
    ...(http === true ? ["plain HTTP too: readable on its way"] : []),
    ...passthroughWords(route),
    ...(matches === undefined ? [] : [`only ${matches.map(matchWords).join(" or ")}`]),
    ...(encoded_slashes === true ? ["%2f in paths"] : []),
    ...(dlp?.outbound_on_match === undefined ? [] : [OUTBOUND[dlp.outbound_on_match]]),
    ...(dlp?.inbound === undefined ? [] : [INBOUND[dlp.inbound]]),
    ...limitWords({
      ...limits,
      ...(limits?.body_bytes === undefined ? {} : { bodies: limits.body_bytes }),
    }),
  ];
}

/** Path rules and methods are held by opening TLS after all; a credential is not sent either way. */
function passthroughWords(route: Route | TableRoute): string[] {
  if (!isPassthrough(route)) return [];
  const isOpened = route.path_allowlist !== undefined || route.methods !== undefined;
  return [
    ...(isOpened ? [] : ["TLS is not opened: nothing is read"]),
    ...(route.auth === undefined ? [] : ["the credential is never sent"]),
  ];
}

export function budgetWords(budget: EgressBudget): string[] {
  return limitWords(budget);
}

/** `3 of 60 requests in the last minute`, `1.5MiB of 1GiB today`. */
export function limitUseWords({ limit, used, most }: LimitUse): string {
  if (limit === "bytes_per_day")
    return `${used === null ? "an unknown part" : sizeText(used)} of ${sizeText(most)} today`;
  const when = limit === "requests_per_day" ? "today" : "in the last minute";
  return `${used ?? "an unknown number"} of ${most} requests ${when}`;
}

/** Nothing is left of it now: the next request is refused. */
export function isUsedUp({ used, most }: LimitUse): boolean {
  return used === null || used >= most;
}

function matchWords({ path, methods, headers = {} }: RouteMatch): string {
  const request = [methods?.join("|"), path].filter((part) => part !== undefined).join(" ");
  const named = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [request, named.join(", ")].filter((part) => part !== "").join(" with ");
}

function limitWords(limits: EgressBudget & { readonly bodies?: number }): string[] {
  const { requests_per_minute, requests_per_day, bytes_per_day, bodies } = limits;
  return [
    ...(requests_per_minute === undefined ? [] : [`${requests_per_minute} requests a minute`]),
    ...(requests_per_day === undefined ? [] : [`${requests_per_day} requests a day`]),
    ...(bytes_per_day === undefined ? [] : [`${sizeText(bytes_per_day)} a day`]),
    ...(bodies === undefined ? [] : [`bodies up to ${sizeText(bodies)}`]),
  ];
}
