import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parsePipelock, renderPipelock } from "#domain/egress/pipelock.ts";
import type { RouteTable } from "#domain/egress/route.ts";

const TABLE: RouteTable = {
  version: 1,
  on_unknown_host: "block",
  hold_seconds: 120,
  hosts: {},
  routes: [
    { host: "b.example", auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } },
    { host: "a.example", pipelock: { ssrf_ip_allowlist: ["10.0.0.0/8"] } },
    { host: "c.example", pipelock: { tls_passthrough: true } },
    { host: "a.example", port: 8443, pipelock: { ssrf_ip_allowlist: ["10.0.0.0/8", "fd00::/8"] } },
  ],
};
const AUTHORITY = { cert: "/tls/ca.pem", key: "/tls/ca.key" };

describe("renderPipelock", () => {
  test("says the same table: hosts once, in order, with what may be private", () => {
    expect(parsePipelock(renderPipelock(TABLE))).toEqual({
      version: 1,
      mode: "strict",
      enforce: true,
      api_allowlist: ["a.example", "b.example", "c.example"],
      seed_phrase_detection: { enabled: true },
      forward_proxy: { enabled: true },
      dlp: { include_defaults: true, scan_env: false },
      request_body_scanning: { action: "block", scan_headers: true, header_mode: "all" },
      ssrf: { ip_allowlist: ["10.0.0.0/8", "fd00::/8"] },
    });
  });

  test("does not have it look into what carries a credential of ours, or into what we do not open either", () => {
    expect(parsePipelock(renderPipelock(TABLE, AUTHORITY)).tls_interception).toEqual({
      enabled: true,
      ca_cert: "/tls/ca.pem",
      ca_key: "/tls/ca.key",
      passthrough_domains: ["b.example", "c.example"],
    });
  });

  test("names no slot and no decision", () => {
    expect(renderPipelock(TABLE, AUTHORITY)).not.toMatch(/EGRESS|decision/);
  });
});

describe("parsePipelock", () => {
  const whole = renderPipelock(TABLE, AUTHORITY);
  test.each([
    ["no section", whole.replace(/^dlp:\n(?: .*\n)+/m, ""), "dlp is missing; it must be a map"],
    ["no key in a section", whole.replace(/ *scan_env.*\n/, ""), "dlp.scan_env is missing; it must be true or false"],
    ["a wrong kind", whole.replace("scan_env: false", "scan_env: no"), "dlp.scan_env must be true or false"],
    ["an unknown section", `${whole}mcp: {}\n`, "mcp is not supported"],
    ["an unknown key", whole.replace("scan_env: false", "scan_env: false\n  scan_disk: true"), "dlp.scan_disk is not"],
    [
      "a section that is no map",
      whole.replace(/^forward_proxy:\n.*\n/m, "forward_proxy: true\n"),
      "forward_proxy must be a map",
    ],
    ["an unknown mode", whole.replace("mode: strict", "mode: lax"), "mode must be strict or balanced or audit"],
    ["an unknown version", whole.replace("version: 1", "version: 2"), "version must be 1"],
    ["a host that is none", whole.replace("- a.example", "- 10.0.0.1"), "api_allowlist.0 must be a host name"],
    ["an address that is no range", whole.replace("- 10.0.0.0/8", "- 10.0.0.0"), "ssrf.ip_allowlist.0 must be a CIDR"],
    ["no file for the key", whole.replace("ca_key: /tls/ca.key", 'ca_key: ""'), "tls_interception.ca_key"],
    ["no YAML", "{", ""],
    ["nothing", "", "the configuration must be a map"],
    ["an alias bomb", `a: &a [1,2]\nb: &b [${"*a,".repeat(30)}*a]\n`, "aliases"],
  ])("refuses %s, and names section and key", (_name, text, message) => {
    expect(() => parsePipelock(text, "pipelock.yaml")).toThrow(message);
    expect(() => parsePipelock(text, "pipelock.yaml")).toThrow(/^pipelock\.yaml: /);
  });

  test("never throws anything but that", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string().map((noise) => whole + noise),
        ),
        (text) => {
          try {
            parsePipelock(text);
          } catch (error) {
            expect(error).toMatchObject({ name: "BottleError", code: "invalid" });
          }
        },
      ),
    );
  });
});
