// Rules of a bottle definition that span several fields. They look at the raw values, so that they speak even where
// another field is malformed: the operator gets every problem at once.

import { contradictions, isPassthrough, passthroughContradictions } from "#domain/egress/route-rules.ts";
import type { Complaint } from "#domain/problem/schema-problems.ts";
import { nearestOf } from "#domain/problem/nearest.ts";

import { hostProblem, ruleHost } from "./egress.ts";
import { PROVIDERS } from "./provider.ts";

/** What the caller knows that a definition may name. */
export interface Known {
  /** Contributed providers, beside our own. */
  readonly providers?: readonly string[];
  /** Contributed ones that cannot be used, and why. */
  readonly brokenProviders?: Readonly<Record<string, string>>;
  /** Undefined: any name is let through, and the launch decides. */
  readonly backends?: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

export function bottleComplaints(value: unknown, known: Known): Complaint[] {
  const keys = mapOf(value);
  return [
    ...environmentComplaints(mapOf(keys["env"])),
    ...providerComplaints(mapOf(keys["agent_provider"]), known),
    ...routeComplaints(mapOf(keys["egress"])["routes"], mapOf(mapOf(keys["egress"])["hosts"])),
    ...backendComplaints(keys["backend"], known.backends),
  ];
}

function* environmentComplaints(env: Fields): Generator<Complaint> {
  for (const [name, value] of Object.entries(env)) {
    if (typeof value !== "string" || !value.includes("${") || /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(value)) continue;
    yield {
      severity: "warning",
      path: ["env", name],
      message:
        "has ${…} inside other text, which stays as it is; only a value that is ${NAME} and nothing else is replaced",
    };
  }
}

function* providerComplaints(provider: Fields, { providers = [], brokenProviders = {} }: Known): Generator<Complaint> {
  const template = provider["template"] ?? "claude";
  const accepted = [...PROVIDERS, ...providers];
  const at = (field: string) => ["agent_provider", field];
  if (typeof template !== "string" || template === "") return;
  if (!accepted.includes(template) && Object.hasOwn(brokenProviders, template)) {
    yield {
      path: at("template"),
      message: `${JSON.stringify(template)} is a contributed provider that cannot be used: ${brokenProviders[template]}`,
    };
    return;
  }
  if (!accepted.includes(template)) {
    const nearest = nearestOf(template, accepted);
    yield {
      path: at("template"),
      message: `${JSON.stringify(template)} is no provider; use ${accepted.join(", ")}${nearest === undefined ? "" : ` (did you mean ${nearest}?)`}`,
    };
    return;
  }
  if (template === "command" && provider["command"] === undefined) {
    yield { path: at("command"), message: 'is missing; give the command to run, such as ["bash", "-l"]' };
  }
  if (provider["command"] !== undefined && template !== "command") {
    yield { path: at("command"), message: `is only for the template command, not for ${template}` };
  }
  if (isSet(provider["auth_token"]) && template !== "claude") {
    yield { path: at("auth_token"), message: `is only for the template claude, not for ${template}` };
  }
  if (provider["forward_host_credentials"] === true && template !== "codex") {
    yield { path: at("forward_host_credentials"), message: `is only for the template codex, not for ${template}` };
  }
  yield* seedComplaints(provider, template);
}

/** A credential of the agent's own, which it may rotate: nobody else may bring one, and no other agent can keep one. */
function* seedComplaints(provider: Fields, template: string): Generator<Complaint> {
  if (!isSet(provider["seed"])) return;
  const path = ["agent_provider", "seed"];
  if (template !== "codex") yield { path, message: `is only for the template codex, not for ${template}` };
  if (provider["forward_host_credentials"] === true) {
    yield {
      path,
      message:
        "contradicts `forward_host_credentials`: with it the agent never holds a credential, with a seed it holds its own; write one of them",
    };
  }
}

function warning(route: Fields, path: readonly (string | number)[], message: string): Complaint {
  const { host } = route;
  return { severity: "warning", path, message, ...(typeof host === "string" && host !== "" ? { subject: host } : {}) };
}

/** What is allowed to be said, and is hardly ever meant. */
function* doubtful(route: Fields, pinned: Fields): Generator<readonly [(string | number)[], string]> {
  const { host, path_allowlist: paths } = route;
  if (typeof host === "string" && hostProblem(host) === undefined) {
    const name = ruleHost(host);
    if (/^\*\.[^.]+$/.test(name)) yield [["host"], "allows every name of a whole top-level domain"];
    else if (!name.includes(".") && !Object.hasOwn(pinned, name))
      yield [["host"], "has no dot: it is a name of this machine or network"];
  }
  for (const [index, path] of (Array.isArray(paths) ? paths : []).entries()) {
    if (typeof path !== "string" || !path.includes("*")) continue;
    const prefix = path.slice(0, path.indexOf("*"));
    yield [["path_allowlist", index], `${JSON.stringify(path)} is a prefix, no pattern; write ${prefix}`];
  }
}

/** `at`: where the list stands. */
export function* routeComplaints(
  routes: unknown,
  pinned: Fields = {},
  at: readonly string[] = ["egress", "routes"],
): Generator<Complaint> {
  const seen = new Map<string, number>();
  for (const [index, item] of (Array.isArray(routes) ? routes : []).entries()) {
    const route = mapOf(item);
    const path = [...at, index];
    if (typeof route["host"] === "string") {
      const host = ruleHost(route["host"]);
      const first = seen.get(host);
      if (first === undefined) seen.set(host, index);
      else
        yield {
          path: [...path, "host"],
          message: `is the host of ${at.join(".")}[${first}] already; write one route for a host`,
        };
    }
    for (const [field, message] of contradictions(route)) yield { path: [...path, ...field], message };
    for (const complaint of passthroughComplaints(route)) yield { ...complaint, path: [...path, ...complaint.path] };
    if (route["raw_tcp"] === true) yield warning(route, [...path, "raw_tcp"], "raw TCP: nothing is read or scanned");
    for (const [field, message] of doubtful(route, pinned)) yield warning(route, [...path, ...field], message);
  }
}

/**
 * Definitions that were written for two proxies in a row have `tls_passthrough` beside rules that only the first one held.
 * They load, and the stricter reading holds: the rules, and no credential.
 */
function* passthroughComplaints(route: Fields): Generator<Complaint> {
  if (!isPassthrough(route)) return;
  const at = ["pipelock", "tls_passthrough"];
  const ruled = ["path_allowlist", "methods"].filter((key) => isSet(route[key]));
  if (isSet(route["auth"])) {
    yield warning(route, ["auth"], "its credential is never sent: `tls_passthrough` is asked for");
  }
  if (ruled.length > 0) {
    const rules = ruled.map((key) => `\`${key}\``).join(" and ");
    yield warning(route, at, `TLS is opened, to hold ${rules}: \`tls_passthrough\` has no effect`);
  } else {
    yield warning(route, at, "TLS is not opened: nothing is read or scanned");
  }
  for (const [field, message] of passthroughContradictions(route)) {
    if (!["path_allowlist", "methods", "auth"].includes(String(field[0]))) yield { path: field, message };
  }
}

function* backendComplaints(backend: unknown, accepted: readonly string[] | undefined): Generator<Complaint> {
  if (typeof backend !== "string" || accepted === undefined || accepted.includes(backend)) return;
  yield { path: ["backend"], message: `${JSON.stringify(backend)} is no backend; use ${accepted.join(", ")}` };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function mapOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
