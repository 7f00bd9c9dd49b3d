// `egress` of a bottle definition: which hosts the agent may reach, how, and with whose credential.

import * as z from "zod";

import {
  AUTH_SCHEME,
  InboundPolicy,
  OutboundOnMatch,
  Route,
  RouteAuth,
  UnknownHostPolicy,
} from "#domain/egress/route.ts";
import { isCidr, isPlainPath, isRuleHost, parsePinned, PIN_FORM } from "#domain/egress/table.ts";

import { parseSize } from "#domain/size.ts";

import { VARIABLE } from "./environment.ts";
import { SIZE } from "./resources.ts";

export const DEFAULT_HOLD_SECONDS = 120;

/** Headers that carry the message itself: a credential there would break or smuggle requests. */
const FRAMING = /^(?:host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-.*)$/i;
const SCHEMES = "Bearer, token, Basic or header:<Name>";

const scheme = z
  .string({ error: missing(`is missing; use ${SCHEMES}`) })
  .regex(AUTH_SCHEME, `is no known scheme; use ${SCHEMES}`)
  .refine((text) => !FRAMING.test(text.replace(/^header:/, "")), "cannot be a header that frames the message");
const tokenRef = z
  .string({ error: missing("is missing; name the variable of yours that holds the token") })
  .regex(VARIABLE, "must be the name of a variable of yours, never the token itself");

const auth = z
  .custom((value) => !isEmptyMap(value), "is empty; give it `scheme` and `token_ref`, or leave `auth` out")
  .pipe(RouteAuth.extend({ scheme, token_ref: tokenRef }));

const host = z.string().check((context) => {
  const wrong = hostProblem(context.value);
  if (wrong !== undefined) context.issues.push({ code: "custom", message: wrong, input: context.value });
});

const pathPrefix = z
  .string()
  .startsWith("/", "is relative; write an absolute path such as /repos/acme/")
  .refine(
    (path) => !path.startsWith("/") || isPlainPath(path),
    "must be a plain path: no query, dot segments, empty segments or escapes",
  );

const cidr = z
  .string()
  .refine((text) => isCidr(text) || isCidr(asCidr(text)), "must be an address or a CIDR such as 10.0.0.0/8");

const method = z.string().regex(/^[A-Z]+$/, "must be an HTTP method in capitals such as GET");
const methods = z.array(method, { error: listError }).min(1, "is empty; leave it out to allow every method");

const match = z.strictObject({
  path: pathPrefix.optional(),
  methods: methods.optional(),
  headers: z.record(z.string(), z.string("must be text; put a number into quotes")).optional(),
});

/** Text such as `1GiB`, or a number of bytes. */
const size = (least: number) =>
  z.union([z.string(), z.int()], { error: SIZE }).transform((text, context) => {
    const bytes = parseSize(String(text));
    if (bytes !== undefined && bytes >= least) return bytes;
    context.addIssue({ code: "custom", message: bytes === undefined ? SIZE : `must be at least ${least}` });
    return z.NEVER;
  });
const count = z.int("must be a whole number, at least 1").min(1, "must be a whole number, at least 1");

const limits = z.strictObject({
  requests_per_minute: count.optional(),
  bytes_per_day: size(1).optional(),
  body_bytes: size(0).optional(),
});

/** `budget` of a bottle: what it may use of the network in all. */
export const BudgetKeys = z.strictObject({
  requests_per_minute: count.optional(),
  requests_per_day: count.optional(),
  bytes_per_day: size(1).optional(),
});

const RouteKeys = Route.extend({
  host,
  http: z.boolean().optional(),
  path_allowlist: z
    .array(pathPrefix, { error: listError })
    .min(1, "is empty; leave it out to allow every path")
    .optional(),
  methods: methods.optional(),
  auth: auth.optional(),
  pipelock: z
    .strictObject({ tls_passthrough: z.boolean().optional(), ssrf_ip_allowlist: z.array(cidr).nullable().optional() })
    .optional(),
  role: z
    .preprocess(
      (value) => (isNothing(value) ? undefined : value),
      z.never({ error: "is reserved and not accepted; remove it" }).optional(),
    )
    .optional(),
  matches: z.array(match, { error: listError }).min(1, "is empty; leave it out to allow every request").optional(),
  dlp: z
    .strictObject(
      { outbound_on_match: OutboundOnMatch.optional(), inbound: InboundPolicy.optional() },
      {
        error: ({ input }) =>
          input === "off" || input === false
            ? "cannot be switched off as a whole; write {inbound: off} (what leaves is always scanned)"
            : undefined,
      },
    )
    .optional(),
  limits: limits.optional(),
});

/** Of a bottle, and of a contributed provider. */
export const RouteListKeys = z.array(RouteKeys.transform(plainRoute));

export const EgressKeys = z.strictObject({
  on_unknown_host: UnknownHostPolicy.optional(),
  /** How long a held request waits for the operator. */
  hold_seconds: z.number().positive().max(3600).optional(),
  /** Name → `address:port`, or `unix:` and the absolute path of a socket. */
  hosts: z
    .record(
      z.string().refine((name) => isRuleHost(name.toLowerCase()) && !name.startsWith("*."), "must be a host name"),
      z.string().refine((pin) => parsePinned(pin) !== undefined, PIN_FORM),
    )
    .nullable()
    .optional(),
  /** A PEM file with further roots for upstream servers. */
  upstream_ca: z
    .string()
    .regex(/^(?:\/|~\/)./, "must be an absolute path, or begin with ~/")
    .optional(),
  routes: RouteListKeys.nullable()
    .transform((routes) => routes ?? undefined)
    .optional(),
});
export type EgressKeys = z.infer<typeof EgressKeys>;

/** As the proxy compares it: lower case, without the trailing dot. */
export function ruleHost(text: string): string {
  return text.toLowerCase().replace(/\.$/, "");
}

/** Why `text` cannot be the host of a rule. */
export function hostProblem(text: string): string | undefined {
  if (isRuleHost(ruleHost(text))) return undefined;
  if (text === "") return "is empty";
  if (text.includes("://")) return "is a URL; write the host name alone (and `path_allowlist` for paths)";
  if (text.includes("/")) return "has a path; write it under `path_allowlist`";
  if (text.includes("@")) return "has a user; a credential goes under `auth`";
  if (/^[\d.]+$/.test(text) || text.startsWith("[") || (text.match(/:/g) ?? []).length > 1) {
    return "is an address; rules are for names (pin a name to an address under `egress.hosts`)";
  }
  if (/:\d+$/.test(text)) return "has a port; write it under `port`";
  if (text.includes("*")) return "is no pattern that is accepted; only `*.` at the beginning is";
  // oxlint-disable-next-line no-control-regex -- anything but ASCII
  if (/[^\u0000-\u007f]/.test(text)) return "is not ASCII; write the name in its xn-- form";
  return "is no host name";
}

/** A plain address as the CIDR of itself. */
export function asCidr(text: string): string {
  if (text.includes("/")) return text;
  return `${text}/${text.includes(":") ? 128 : 32}`;
}

function plainRoute({ role: _role, pipelock, ...route }: z.infer<typeof RouteKeys>): Route {
  if (pipelock === undefined) return route;
  const { ssrf_ip_allowlist: listed, ...rest } = pipelock;
  return {
    ...route,
    pipelock: listed === undefined || listed === null ? rest : { ...rest, ssrf_ip_allowlist: listed },
  };
}

function isEmptyMap(value: unknown): boolean {
  return value === null || (typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0);
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function missing(message: string) {
  return ({ input }: { input?: unknown }): string | undefined =>
    input === undefined || input === null || input === "" ? message : undefined;
}

function listError({ input }: { input?: unknown }): string | undefined {
  return input === null ? "is empty; leave it out to allow everything" : undefined;
}
