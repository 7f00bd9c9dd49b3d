// `egress <slug> add`: from a host and options to a route.

import { BottleError } from "#domain/bottle-error.ts";
import { hostProblem, ruleHost } from "#domain/definition/egress.ts";
import { Route } from "#domain/egress/route.ts";

import { parseCount } from "../option-values.ts";

export interface RouteOptions {
  readonly port: string | undefined;
  readonly method: readonly string[];
  readonly path: readonly string[];
  readonly http: boolean;
}

/** Throws `usage` for what can be no rule. */
export function routeFrom(host: string, options: RouteOptions): Route {
  const wrong = hostProblem(host);
  if (wrong !== undefined) throw new BottleError("usage", `the host ${JSON.stringify(host)} ${wrong}`);
  const checked = Route.safeParse({
    host: ruleHost(host),
    ...(options.port !== undefined && { port: parseCount(options.port, "--port", 1) }),
    ...(options.method.length > 0 && { methods: options.method.map((method) => method.toUpperCase()) }),
    ...(options.path.length > 0 && { path_allowlist: [...options.path] }),
    ...(options.http && { http: true }),
  });
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new BottleError("usage", `${issue?.path.join(".") ?? "the route"}: ${issue?.message ?? "is no route"}`);
}
