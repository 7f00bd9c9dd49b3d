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
  const bad = hostProblem(host);
  if (bad !== undefined) throw new BottleError("usage", `the host ${JSON.stringify(host)} ${bad}`);
  const pattern = options.path.find((path) => path.includes("*"));
  if (pattern !== undefined) {
    const hint = `write ${pattern.slice(0, pattern.indexOf("*"))}`;
    throw new BottleError("usage", `--path ${JSON.stringify(pattern)} is a prefix, no pattern`, { hint });
  }
  const checked = Route.safeParse({
    host: ruleHost(host),
    ...(options.port !== undefined && { port: parseCount(options.port, "--port", 1) }),
    ...(options.method.length > 0 && { methods: options.method.map((method) => method.toUpperCase()) }),
    ...(options.path.length > 0 && { path_allowlist: [...options.path] }),
    ...(options.http && { http: true }),
  });
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const [field = "", index] = issue?.path ?? [];
  const flag = FLAGS[String(field)] ?? "the route";
  const given = field === "path_allowlist" ? ` ${JSON.stringify(options.path[Number(index)] ?? "")}` : "";
  const wrong = field === "port" ? "must be from 1 to 65535" : (issue?.message ?? "is no route");
  throw new BottleError("usage", `${flag}${given} ${wrong}`);
}

const FLAGS: Readonly<Record<string, string>> = { port: "--port", methods: "--method", path_allowlist: "--path" };
