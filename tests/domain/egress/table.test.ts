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

const AUTH = "auth: {scheme: Bearer, slot: EGRESS_TOKEN_0}";
const PASS = "pipelock: {tls_passthrough: true}";

/** Tables of every key there is, sensible or not: what cannot be written must be refused, and nothing else may happen. */
const anyTable = (() => {
  const text = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[\s:#{}[\],&*!|>'"%@`?-]{1,6}[a-z]?$/),
    fc.constantFrom("null", "~", "yes", "0x10", "1e3", "2026-01-01", "<<", "__proto__"),
  );
  const host = fc.constantFrom("a.example.com", "*.example.com", "no", "null.y", "1e3.e");
  const path = fc.oneof(
    fc.constantFrom("/", "/a/", "/a:b", "/a b"),
    text.map((rest) => `/${rest}`),
  );
  const methods = fc.array(fc.constantFrom("GET", "NO", "Y"), { minLength: 1, maxLength: 2 });
  const count = fc.integer({ min: 1, max: 2 ** 40 });
  const optional = { requiredKeys: [] };
  const match = fc.record({ path, methods, headers: fc.dictionary(text, text, { maxKeys: 2 }) }, optional);
  const route = fc.record(
    {
      host,
      port: fc.integer({ min: 1, max: 65_535 }),
      http: fc.boolean(),
      path_allowlist: fc.array(path, { minLength: 1, maxLength: 2 }),
      methods,
      auth: fc.record({ scheme: fc.constantFrom("Bearer", "header:X-Key"), slot: fc.constant("EGRESS_TOKEN_0") }),
      matches: fc.array(match, { minLength: 1, maxLength: 2 }),
      dlp: fc.record(
        { outbound_on_match: fc.constantFrom("supervise", "redact", "block"), inbound: fc.constantFrom("warn", "off") },
        optional,
      ),
      limits: fc.record({ requests_per_minute: count, bytes_per_day: count, body_bytes: count }, optional),
      encoded_slashes: fc.boolean(),
      raw_tcp: fc.boolean(),
      pipelock: fc.record({ tls_passthrough: fc.boolean(), ssrf_ip_allowlist: fc.constant(["10.0.0.0/8"]) }, optional),
      decision: text,
      once: fc.boolean(),
    },
    { requiredKeys: ["host"] },
  );
  const exception = fc.record(
    { decision: text, host, rule: text, fingerprint: fc.constant("0".repeat(64)), once: fc.boolean() },
    { requiredKeys: ["decision", "host", "rule"] },
  );
  return fc.record(
    {
      version: fc.constant(1),
      on_unknown_host: fc.constantFrom("block", "hold"),
      hold_seconds: fc.double({ min: 0.001, max: 3600, noNaN: true }),
      hosts: fc.dictionary(host, fc.constantFrom("127.0.0.1:80", "[::1]:8443"), { maxKeys: 2 }),
      budget: fc.record({ requests_per_day: count, bytes_per_day: count }, optional),
      dlp_exceptions: fc.array(exception, { maxLength: 2 }),
      routes: fc.array(route, { maxLength: 3 }),
    },
    { requiredKeys: ["version", "on_unknown_host", "hold_seconds", "hosts", "routes"] },
  ) as fc.Arbitrary<unknown> as fc.Arbitrary<RouteTable>;
})();

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

  test("refuse a key that readers drop, with which a match would ask for nothing", () => {
    const text =
      'version: 1\non_unknown_host: block\nhold_seconds: 1\nhosts: {}\nroutes:\n  - host: a.test\n    matches:\n      - headers: {"__proto__": x}\n';
    expect(() => parseRouteTable(text)).toThrow(/routes\.yaml:8: .*__proto__/);
    expect(() =>
      renderRouteTable({
        ...JSON.parse('{"hosts": {"__proto__": "1.2.3.4:5"}}'),
        version: 1,
        on_unknown_host: "block",
        hold_seconds: 1,
        routes: [],
      }),
    ).toThrow("__proto__");
  });

  test("read back any table at all that can be written", () => {
    fc.assert(
      fc.property(anyTable, (table) => {
        let rendered: string;
        try {
          rendered = renderRouteTable(table);
        } catch (error) {
          expect(error).toMatchObject({ name: "BottleError", code: "invalid" });
          return;
        }
        expect(parseRouteTable(rendered)).toEqual(table);
      }),
      { numRuns: 1500 },
    );
  });

  test.each([
    ["raw_tcp without a port", "raw_tcp: true", /`routes\[0\]\.port` is missing/],
    [
      "raw_tcp with paths",
      "raw_tcp: true, port: 22, path_allowlist: [/]",
      /path_allowlist` cannot be on a route with raw_tcp/,
    ],
    ["raw_tcp with a credential", `raw_tcp: true, port: 22, ${AUTH}`, /auth` cannot be on a route with raw_tcp/],
    [
      "raw_tcp with scanning",
      "raw_tcp: true, port: 22, dlp: {inbound: warn}",
      /dlp` cannot be on a route with raw_tcp/,
    ],
    ["raw_tcp that is plain HTTP", "raw_tcp: true, port: 22, http: true", /http` cannot be on a route with raw_tcp/],
    [
      "raw_tcp and passthrough",
      `raw_tcp: true, port: 22, ${PASS}`,
      /tls_passthrough` cannot be true on a route with raw/,
    ],
    [
      "raw_tcp with a limit on bodies",
      "raw_tcp: true, port: 22, limits: {body_bytes: 1}",
      /limits\.body_bytes` cannot be/,
    ],
    ["passthrough with a credential", `${PASS}, ${AUTH}`, /auth` cannot be on a route with tls_passthrough/],
    ["passthrough with methods", `${PASS}, methods: [GET]`, /methods` cannot be on a route with tls_passthrough/],
    [
      "passthrough with paths",
      `${PASS}, path_allowlist: [/]`,
      /path_allowlist` cannot be on a route with tls_passthrough/,
    ],
    ["passthrough with matches", `${PASS}, matches: [{path: /}]`, /matches` cannot be on a route with tls_passthrough/],
    ["passthrough with scanning", `${PASS}, dlp: {inbound: off}`, /dlp` cannot be on a route with tls_passthrough/],
    ["passthrough with encoded slashes", `${PASS}, encoded_slashes: true`, /encoded_slashes` cannot be on a route/],
    [
      "encoded slashes with path rules",
      "encoded_slashes: true, path_allowlist: [/a/]",
      /encoded_slashes` cannot be true/,
    ],
    [
      "encoded slashes with a matched path",
      "encoded_slashes: true, matches: [{path: /a}]",
      /encoded_slashes` cannot be true/,
    ],
    ["an empty match", "matches: [{}]", /matches\[0\]` is empty/],
    ["a match on a path with dots", "matches: [{path: /a/../b}]", /matches\[0\]\.path` must be a plain absolute path/],
    ["a match on no header", "matches: [{headers: {'a b': x}}]", /is no header name/],
    ["a match on headers that asks for none", "matches: [{path: /a, headers: {}}]", /headers` is empty/],
    ["a match on a header that readers drop", "matches: [{headers: {__proto__: x}}]", /is no name/],
    ["a match on one header twice", "matches: [{headers: {X-A: x, x-a: y}}]", /is named twice/],
    [
      "an unknown dlp action",
      "dlp: {outbound_on_match: warn}",
      /outbound_on_match` must be supervise or redact or block/,
    ],
    ["a limit of nothing", "limits: {requests_per_minute: 0}", /limits\.requests_per_minute`/],
  ])("refuse a route with %s", (_name, rules, message) => {
    const host = rules.includes("host:") ? "" : "host: a.example.com, ";
    expect(() => parseRouteTable(text(`  - {${host}${rules}}\n`))).toThrow(message);
  });

  test.each([
    ["a pattern", { host: "*.example.com" }, /must be one host name/],
    ["the canary", { rule: "canary" }, /cannot be the canary's/],
    ["a fingerprint that is none", { fingerprint: "abc" }, /fingerprint/],
  ])("refuse an exception for %s", (_name, over, message) => {
    const exception = { decision: "0001abcd-x", host: "a.example.com", rule: "github-pat", ...over };
    expect(() => renderRouteTable({ ...TABLE, dlp_exceptions: [exception] })).toThrow(message);
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
  test("reads a socket's absolute path", () => {
    expect(parsePinned("unix:/run/a b/up.sock")).toEqual({ socket: "/run/a b/up.sock" });
    expect(parsePinned(`unix:/${"x".repeat(106)}`)).toEqual({ socket: `/${"x".repeat(106)}` });
  });
  test.each([
    "unix:",
    "unix:/",
    "unix:relative.sock",
    "unix:./up.sock",
    "unix:~/up.sock",
    "unix:/run/../etc/up.sock",
    "unix:/run/./up.sock",
    "unix:/run//up.sock",
    "unix:/run/up.sock/",
    "unix:/run/up\u0000.sock",
    "unix:/run/up\n.sock",
    "unix:\u0000abstract",
    `unix:/${"x".repeat(107)}`,
    `unix:/${"é".repeat(54)}`,
    "unix:/\ud800",
    "UNIX:/run/up.sock",
    " unix:/run/up.sock",
  ])("refuses the socket %j", (pinned) => {
    expect(parsePinned(pinned)).toBeUndefined();
  });
  test.each(["127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "300.0.0.1:1", "127.1:1", "::1:80", "host:80", ""])(
    "refuses %j",
    (pinned) => {
      expect(parsePinned(pinned)).toBeUndefined();
    },
  );
});
