import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { RouteTable } from "#domain/egress/route.ts";
import { isRuleHost, parsePinned, parseRouteTable, renderRouteTable } from "#domain/egress/table.ts";

const TABLE: RouteTable = {
  version: 1,
  on_unknown_host: "hold",
  hold_seconds: 120,
  hosts: { "docs.example.com": "127.0.0.1:8443", "six.example.com": "[::1]:443" },
  routes: [
    {
      host: "api.github.com",
      port: 443,
      path_allowlist: ["/repos/acme/"],
      methods: ["GET", "POST"],
      auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" },
    },
    {
      host: "*.example.com",
      http: true,
      pipelock: { tls_passthrough: false, ssrf_ip_allowlist: ["10.0.0.0/8", "fd00::/8"] },
    },
    { host: "once.example.com", decision: "0001abcd-x", once: true, expires_at: "2026-01-01T00:10:00.000Z" },
  ],
};

const text = (routes: string): string =>
  `version: 1\non_unknown_host: block\nhold_seconds: 120\nhosts: {}\nroutes:\n${routes}`;

describe("renderRouteTable and parseRouteTable", () => {
  test("read back what was written", () => {
    expect(parseRouteTable(renderRouteTable(TABLE))).toEqual(TABLE);
  });

  test("read back any table of names, paths and methods", () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/);
    const route = fc.record(
      {
        host: fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join(".")),
        port: fc.integer({ min: 1, max: 65_535 }),
        methods: fc.array(fc.constantFrom("GET", "POST", "NO", "ON", "Y"), { minLength: 1, maxLength: 3 }),
        path_allowlist: fc.array(
          fc.stringMatching(/^\/[a-z0-9:#~'"!&*-]{0,10}$/).filter((path) => !path.includes("#")),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
      },
      { requiredKeys: ["host"] },
    );
    fc.assert(
      fc.property(fc.array(route, { maxLength: 5 }), (routes) => {
        const table = { ...TABLE, routes } as RouteTable;
        expect(parseRouteTable(renderRouteTable(table))).toEqual(table);
      }),
    );
  });

  test.each([
    [
      "an unknown key",
      text("  - host: a.example.com\n    pathallow: [/x]\n"),
      /routes\.yaml:6: `routes\[0\]` has the unknown key pathallow/,
    ],
    [
      "a duplicate key",
      text("  - host: a.example.com\n    host: b.example.com\n"),
      /routes\.yaml:7: Map keys must be unique/,
    ],
    [
      "a relative path",
      text("  - host: a.example.com\n    path_allowlist: [x/]\n"),
      /routes\.yaml:7: `routes\[0\]\.path_allowlist\[0\]` must be an absolute path/,
    ],
    [
      "a path with dots",
      text("  - host: a.example.com\n    path_allowlist: [/x/../y]\n"),
      /path_allowlist\[0\]` must be a plain absolute path/,
    ],
    [
      "a path with an encoded slash",
      text("  - host: a.example.com\n    path_allowlist: [/x%2fy]\n"),
      /must be a plain absolute path/,
    ],
    ["an address as host", text("  - host: 10.0.0.1\n"), /`routes\[0\]\.host` is an address/],
    ["a decimal address as host", text('  - host: "2130706433"\n'), /is an address/],
    ["a hexadecimal address as host", text('  - host: "0x7f.1"\n'), /is an address/],
    ["an upper-case host", text("  - host: A.example.com\n"), /lower-case ASCII/],
    ["a host with a port", text('  - host: "a.example.com:443"\n'), /`routes\[0\]\.host`/],
    [
      "auth over plain HTTP",
      text("  - host: a.example.com\n    http: true\n    auth: {scheme: Bearer, slot: EGRESS_TOKEN_0}\n"),
      /`routes\[0\]\.http` cannot be true/,
    ],
    [
      "once without a decision",
      text("  - host: a.example.com\n    once: true\n"),
      /`routes\[0\]\.once` needs the decision/,
    ],
    [
      "a bad CIDR",
      text("  - host: a.example.com\n    pipelock: {ssrf_ip_allowlist: [10.0.0.0/33]}\n"),
      /ssrf_ip_allowlist\[0\]` must be a CIDR/,
    ],
    [
      "a token value in auth",
      text("  - host: a.example.com\n    auth: {scheme: Bearer, slot: EGRESS_TOKEN_0, token: x}\n"),
      /unknown key token/,
    ],
    [
      "an unknown policy",
      "version: 1\non_unknown_host: allow\nhold_seconds: 1\nhosts: {}\nroutes: []\n",
      /`on_unknown_host` must be block or hold/,
    ],
    ["a missing list", "version: 1\non_unknown_host: block\nhold_seconds: 1\nhosts: {}\n", /`routes` is missing/],
    [
      "a bad pin",
      "version: 1\non_unknown_host: block\nhold_seconds: 1\nhosts: {a.example.com: localhost:1}\nroutes: []\n",
      /`hosts\.a\.example\.com` must be address:port/,
    ],
    ["an empty file", "", /routes\.yaml/],
    ["no YAML", "{", /routes\.yaml:\d+: /],
    ["too large a file", `# ${"x".repeat(1_048_577)}`, /larger than 1 MiB/],
    [
      "an alias bomb",
      `a: &a [1,2]\nb: &b [${"*a,".repeat(9)}*a]\nc: [${"*b,".repeat(9)}*b]\n`,
      /routes\.yaml: Excessive alias/,
    ],
  ])("refuse %s, naming file and field", (_name, yaml, message) => {
    expect(() => parseRouteTable(yaml)).toThrow(message);
  });

  test("refuse to render what could not be read back", () => {
    expect(() => renderRouteTable({ ...TABLE, routes: [{ host: "127.0.0.1" }] })).toThrow(/is an address/);
  });

  test("never crash other than with a BottleError", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string().map((noise) => renderRouteTable(TABLE) + noise),
        ),
        (yaml) => {
          try {
            parseRouteTable(yaml);
          } catch (error) {
            expect(error).toMatchObject({ name: "BottleError", code: "invalid" });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("isRuleHost", () => {
  test.each(["example.com", "localhost", "*.example.com", "a_b.example.com", "xn--bcher-kva.example"])(
    "takes %s",
    (host) => {
      expect(isRuleHost(host)).toBe(true);
    },
  );
  test.each([
    "",
    "*",
    "*.",
    "a..b",
    "-a.com",
    "a-.com",
    "a.com.",
    "a.*.com",
    "1.2.3.4",
    "127.1",
    "0x7f000001",
    "[::1]",
    "bücher.de",
    "a b",
    "a/b",
    "a@b",
    `${"a".repeat(64)}.com`,
  ])("refuses %j", (host) => {
    expect(isRuleHost(host)).toBe(false);
  });
});

describe("parsePinned", () => {
  test("reads an address and a port", () => {
    expect(parsePinned("127.0.0.1:80")).toEqual({ address: "127.0.0.1", port: 80 });
    expect(parsePinned("[::1]:8443")).toEqual({ address: "::1", port: 8443 });
  });
  test.each(["127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "300.0.0.1:1", "127.1:1", "::1:80", "host:80", ""])(
    "refuses %j",
    (pinned) => {
      expect(parsePinned(pinned)).toBeUndefined();
    },
  );
});
