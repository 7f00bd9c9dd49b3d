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

/** A rule on a host: everything that is not listed is refused. Later issues add dlp, limits, matches, pipelock. */
export const Route = z.strictObject({
  host: z.string(),
  /** Default 443. */
  port: z.int().min(1).max(65_535).optional(),
  /** Plain HTTP (port 80 unless `port` says otherwise) is allowed as well; never with `auth`. */
  http: z.boolean().optional(),
  path_allowlist: z.array(pathPrefix).min(1).optional(),
  methods: z.array(method).min(1).optional(),
  auth: RouteAuth.optional(),
  pipelock: z
    .strictObject({
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
  /** The id of the decision that added this route. */
  decision: z.string().optional(),
  once: z.boolean().optional(),
  expires_at: z.iso.datetime().optional(),
});
export type TableRoute = z.infer<typeof TableRoute>;

/** `state/<slug>/egress/routes.yaml`: what the proxy enforces. */
export const RouteTable = z.strictObject({
  version: z.literal(1),
  on_unknown_host: UnknownHostPolicy,
  /** How long a held request waits for the operator, in seconds. */
  hold_seconds: z.number().positive().max(3600),
  /**
   * Names that the operator pins to `address:port`, like a hosts file with ports. A pinned name is dialled there
   * without a look-up, and the operator vouches for the address: the private-address guard does not apply to it.
   */
  hosts: z.record(z.string(), z.string()),
  routes: z.array(TableRoute),
});
export type RouteTable = z.infer<typeof RouteTable>;
