// One rule of the egress allowlist, as a definition writes it and as the proxy's table holds it.

import * as z from "zod";

const pathPrefix = z.string().regex(/^\//, "must be an absolute path such as /repos/acme/");
const method = z.string().regex(/^[A-Z]+$/, "must be an HTTP method in capitals such as GET");

/** `header:<Name>` sends the bare token in that header. */
export const AUTH_SCHEME = /^(?:Bearer|token|Basic|header:[A-Za-z][A-Za-z0-9-]*)$/;

/** Schema facts only; the errors that people read are made in definition/. */
export const RouteAuth = z.strictObject({
  scheme: z.string().regex(AUTH_SCHEME, "must be Bearer, token, Basic or header:<Name>"),
  /** The operator's environment variable that holds the token. */
  token_ref: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
});

/** One alternative of `matches`: a request fits when all that it names fits. Header values are compared without their parameters, in any case. */
export const RouteMatch = z.strictObject({
  /** A prefix that ends at a segment, as in `path_allowlist`. */
  path: pathPrefix.optional(),
  methods: z.array(method).min(1).optional(),
  headers: z.record(z.string(), z.string()).optional(),
});
export type RouteMatch = z.infer<typeof RouteMatch>;

/** What is done when a known secret is about to leave: ask the operator, replace it with stars, or refuse. */
export const OutboundOnMatch = z.enum(["supervise", "redact", "block"]);
export type OutboundOnMatch = z.infer<typeof OutboundOnMatch>;

/** What is done with prompt injection in an answer: say so, refuse the answer, or do not look. */
export const InboundPolicy = z.enum(["warn", "block", "off"]);
export type InboundPolicy = z.infer<typeof InboundPolicy>;

export const RouteDlp = z.strictObject({
  /** Default supervise; redact on the routes of providers. */
  outbound_on_match: OutboundOnMatch.optional(),
  /** Default warn. */
  inbound: InboundPolicy.optional(),
});
export type RouteDlp = z.infer<typeof RouteDlp>;

/** Bytes count both ways, as they are on the wire of the client. A day is one of UTC. */
export const RouteLimits = z.strictObject({
  requests_per_minute: z.int().positive().optional(),
  bytes_per_day: z.int().positive().optional(),
  /** The largest request body, in bytes. */
  body_bytes: z.int().nonnegative().optional(),
});
export type RouteLimits = z.infer<typeof RouteLimits>;

/** What one bottle may use of the network in all, whatever the route. */
export const EgressBudget = z.strictObject({
  requests_per_minute: z.int().positive().optional(),
  requests_per_day: z.int().positive().optional(),
  bytes_per_day: z.int().positive().optional(),
});
export type EgressBudget = z.infer<typeof EgressBudget>;

/** A rule on a host: everything that is not listed is refused. */
export const Route = z.strictObject({
  host: z.string(),
  /** Default 443. */
  port: z.int().min(1).max(65_535).optional(),
  /** Plain HTTP (port 80 unless `port` says otherwise) is allowed as well; never with `auth`. */
  http: z.boolean().optional(),
  path_allowlist: z.array(pathPrefix).min(1).optional(),
  methods: z.array(method).min(1).optional(),
  auth: RouteAuth.optional(),
  /** At least one of them must fit as well. */
  matches: z.array(RouteMatch).min(1).optional(),
  dlp: RouteDlp.optional(),
  limits: RouteLimits.optional(),
  /**
   * `%2f` within a path is let through, for registries that write scoped names so. Only on a route without path rules:
   * where the path is no part of the verdict, it cannot be read in two ways.
   */
  encoded_slashes: z.boolean().optional(),
  /** CONNECT to this host and port is a plain tunnel: anything passes, nothing is read. Needs `port`, and allows nothing else. */
  raw_tcp: z.boolean().optional(),
  pipelock: z
    .strictObject({
      /** TLS is not opened, only its server name is read: no path rules, no methods, no credential, no scanning. */
      tls_passthrough: z.boolean().optional(),
      /** CIDRs that this route's host may resolve to although they are not public. */
      ssrf_ip_allowlist: z.array(z.string()).optional(),
    })
    .optional(),
});
export type Route = z.infer<typeof Route>;

export const UnknownHostPolicy = z.enum(["block", "hold"]);
export type UnknownHostPolicy = z.infer<typeof UnknownHostPolicy>;

/**
 * What an approved finding lets through: findings of this rule on this host, and where `fingerprint` is there, of that very
 * value only (HMAC-SHA256 in hex, under the bottle's own key). Decisions alone make them.
 */
export const DlpException = z.strictObject({
  decision: z.string(),
  host: z.string(),
  rule: z.string(),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  once: z.boolean().optional(),
  expires_at: z.iso.datetime().optional(),
});
export type DlpException = z.infer<typeof DlpException>;

/**
 * A route in the table on disk. `auth` names a slot (`EGRESS_TOKEN_0`), never a value or a host variable;
 * `decision`, `once` and `expires_at` are set on what an approval added.
 */
export const TableRoute = Route.omit({ auth: true }).extend({
  auth: z
    .strictObject({
      scheme: RouteAuth.shape.scheme,
      slot: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
    })
    .optional(),
  /** Who put it into the table of the running bottle by hand. */
  added: z.literal("operator").optional(),
  /** The id of the decision that added this route. */
  decision: z.string().optional(),
  once: z.boolean().optional(),
  expires_at: z.iso.datetime().optional(),
});
export type TableRoute = z.infer<typeof TableRoute>;

/** A call that an agent makes on its own whatever it is told, such as for news of its vendor's. */
export const UnaskedCall = z.strictObject({ host: z.string(), path: z.string() });
export type UnaskedCall = z.infer<typeof UnaskedCall>;

/** `state/<slug>/egress/routes.yaml`: what the proxy enforces. */
export const RouteTable = z.strictObject({
  version: z.literal(1),
  on_unknown_host: UnknownHostPolicy,
  /** How long a held request waits for the operator, in seconds. */
  hold_seconds: z.number().positive().max(3600),
  /**
   * Names that the operator pins to `address:port` or `unix:/path`, like a hosts file with ports. A pinned name is dialled there
   * without a look-up, and the operator vouches for the address: the private-address guard does not apply to it.
   */
  hosts: z.record(z.string(), z.string()),
  budget: EgressBudget.optional(),
  dlp_exceptions: z.array(DlpException).optional(),
  /** Refused like everything that no route allows, but nobody is asked about them. */
  unasked: z.array(UnaskedCall).optional(),
  routes: z.array(TableRoute),
});
export type RouteTable = z.infer<typeof RouteTable>;
