// The same table for pipelock, a second proxy that somebody runs behind ours: the one function that renders its
// configuration and the one that parses it. What is not wholly of this shape is an error that names section and key.

import { parseDocument, stringify } from "yaml";
import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";

import type { RouteTable } from "./route.ts";
import { isCidr, isRuleHost } from "./table.ts";

const Enabled = z.strictObject({ enabled: z.boolean() });
const Host = z.string().refine(isRuleHost, "must be a host name in lower case, or *. and a name");

export const PipelockConfig = z.strictObject({
  version: z.literal(1),
  mode: z.enum(["strict", "balanced", "audit"]),
  enforce: z.boolean(),
  api_allowlist: z.array(Host),
  seed_phrase_detection: Enabled.optional(),
  forward_proxy: Enabled,
  dlp: z.strictObject({ include_defaults: z.boolean(), scan_env: z.boolean() }),
  request_body_scanning: z.strictObject({
    action: z.enum(["block", "warn"]),
    scan_headers: z.boolean().optional(),
    header_mode: z.enum(["all", "sensitive"]).optional(),
  }),
  tls_interception: z
    .strictObject({
      enabled: z.boolean(),
      ca_cert: z.string().min(1),
      ca_key: z.string().min(1),
      passthrough_domains: z.array(Host).optional(),
    })
    .optional(),
  ssrf: z.strictObject({ ip_allowlist: z.array(z.string().refine(isCidr, "must be a CIDR")) }).optional(),
});
export type PipelockConfig = z.infer<typeof PipelockConfig>;

export interface PipelockAuthority {
  /** Files; without them pipelock opens no connection. */
  readonly cert: string;
  readonly key: string;
}

const HEADING =
  "# The bottle's egress table for pipelock, behind bottle-dash's own proxy. Written anew at each change.\n";

/** YAML that `parsePipelock` reads back. What expires is in it as long as it is in the table. */
export function renderPipelock(table: RouteTable, authority?: PipelockAuthority): string {
  const config: PipelockConfig = {
    version: 1,
    mode: "strict",
    enforce: true,
    api_allowlist: hostsOf(table, () => true),
    seed_phrase_detection: { enabled: true },
    forward_proxy: { enabled: true },
    dlp: { include_defaults: true, scan_env: false },
    request_body_scanning: { action: "block", scan_headers: true, header_mode: "all" },
    ...(authority === undefined
      ? {}
      : {
          tls_interception: {
            enabled: true,
            ca_cert: authority.cert,
            ca_key: authority.key,
            // The credential that our proxy has added would look like a leak to the second one.
            passthrough_domains: hostsOf(
              table,
              ({ auth, raw_tcp, pipelock }) =>
                auth !== undefined || raw_tcp === true || pipelock?.tls_passthrough === true,
            ),
          },
        }),
    ...ssrf(table),
  };
  return HEADING + stringify(PipelockConfig.parse(config), { schema: "core", lineWidth: 0 });
}

/** Throws `invalid` naming the section and the key: `tls_interception.ca_key is missing`. */
export function parsePipelock(text: string, file = "pipelock.yaml"): PipelockConfig {
  const document = parseDocument(text, { schema: "core", uniqueKeys: true, stringKeys: true, prettyErrors: false });
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) throw new BottleError("invalid", broken.message, { where: file, cause: broken });
  const parsed = PipelockConfig.safeParse(plainOf(document, file), { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BottleError("invalid", issue === undefined ? "is no configuration" : complaint(issue), { where: file });
}

function complaint(issue: z.core.$ZodIssue): string {
  const place = (key?: string): string => [...issue.path, ...(key === undefined ? [] : [key])].map(String).join(".");
  if (issue.code === "unrecognized_keys") return `${place(issue.keys[0])} is not supported`;
  const where = place() === "" ? "the configuration" : place();
  if (issue.code === "invalid_type" && issue.input === undefined)
    return `${where} is missing; it must be ${article(issue.expected)}`;
  if (issue.code === "invalid_type") return `${where} must be ${article(issue.expected)}`;
  if (issue.code === "invalid_value") return `${where} must be ${issue.values.map(String).join(" or ")}`;
  return `${where} ${issue.message}`;
}

function article(type: string): string {
  const words: Readonly<Record<string, string>> = { object: "a map", array: "a list", boolean: "true or false" };
  return words[type] ?? `a ${type}`;
}

function plainOf(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 });
  } catch (cause) {
    throw new BottleError("invalid", "has too many aliases", { where: file, cause });
  }
}

function hostsOf({ routes }: RouteTable, wanted: (route: RouteTable["routes"][number]) => boolean): string[] {
  return [...new Set(routes.filter(wanted).map(({ host }) => host))].toSorted();
}

function ssrf({ routes }: RouteTable): Pick<PipelockConfig, "ssrf"> {
  const listed = [...new Set(routes.flatMap(({ pipelock }) => pipelock?.ssrf_ip_allowlist ?? []))].toSorted();
  return listed.length === 0 ? {} : { ssrf: { ip_allowlist: listed } };
}
