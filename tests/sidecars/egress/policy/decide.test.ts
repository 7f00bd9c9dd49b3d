import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { parseRouteTable, renderRouteTable } from "#domain/egress/table.ts";
import { coversHost, decide, suggest } from "#sidecars/egress/policy/decide.ts";
import { normalisePath } from "#sidecars/egress/policy/normalise-path.ts";
import type { Destination } from "#sidecars/egress/policy/parse-request.ts";
import { covered, prefixOf } from "#sidecars/egress/policy/table-index.ts";

const isUnder = (path: string, prefix: string): boolean => {
  const plain = prefixOf(prefix);
  return plain !== undefined && covered(path, plain) >= 0;
};
const NOW = new Date("2026-01-01T12:00:00Z");
const NOTHING_USED: ReadonlySet<string> = new Set();
const request = (more: Partial<Destination> = {}): Destination => ({
  scheme: "https",
  host: "api.example.com",
  isAddress: false,
  port: 443,
  method: "GET",
  path: "/v1/items",
  ...more,
});
const table = (...routes: TableRoute[]): RouteTable => ({
  version: 1,
  on_unknown_host: "block",
  hold_seconds: 120,
  hosts: {},
  routes,
});
const hold = (...routes: TableRoute[]): RouteTable => ({ ...table(...routes), on_unknown_host: "hold" });
const verdict = (destination: Destination, routes: RouteTable, used = NOTHING_USED, now = NOW) =>
  decide(destination, routes, now, used);

describe("decide", () => {
  test("refuses everything with an empty table", () => {
    expect(verdict(request(), table())).toMatchObject({
      verdict: "block",
      rule: "default deny",
      refusal: { status: 403, code: "blocked" },
    });
  });

  test("allows by the first route that covers the request, and names it", () => {
    const routes = table(
      { host: "api.example.com", path_allowlist: ["/v2"] },
      { host: "api.example.com", methods: ["GET"], path_allowlist: ["/v1"] },
    );
    expect(verdict(request(), routes)).toMatchObject({
      verdict: "allow",
      route: routes.routes[1],
      rule: "api.example.com:443 GET /v1",
    });
  });

  test.each([
    ["another host", { host: "evil.com" }, "default deny"],
    ["a host that ends alike", { host: "xapi.example.com" }, "default deny"],
    ["a host that begins alike", { host: "api.example.com.evil.com" }, "default deny"],
    ["another port", { port: 8443 }, "port"],
    ["another method", { method: "POST" }, "methods"],
    ["another path", { path: "/v1x" }, "path_allowlist"],
    ["plain HTTP", { scheme: "http", port: 80 }, "no plain HTTP"],
    ["an address", { host: "127.0.0.1", isAddress: true }, "names only"],
  ] as const)("refuses %s, saying which part of the rule is against it", (_what, more, rule) => {
    const routes = table({ host: "api.example.com", methods: ["GET"], path_allowlist: ["/v1"] });
    expect(verdict(request(more), routes)).toMatchObject({ verdict: "block", rule });
  });

  test("refuses an address even when a rule spells it", () => {
    expect(verdict(request({ host: "127.0.0.1", isAddress: true }), table({ host: "127.0.0.1" }))).toMatchObject({
      verdict: "block",
    });
    expect(verdict(request({ host: "127.0.0.1", isAddress: true }), hold())).toMatchObject({ verdict: "block" });
  });

  test("takes a wildcard for one label or more, never for the apex", () => {
    const routes = table({ host: "*.example.com" });
    expect(verdict(request(), routes).verdict).toBe("allow");
    expect(verdict(request({ host: "a.b.example.com" }), routes).verdict).toBe("allow");
    expect(verdict(request({ host: "example.com" }), routes).verdict).toBe("block");
    expect(verdict(request({ host: "badexample.com" }), routes).verdict).toBe("block");
  });

  test("allows plain HTTP only where the route says so, and never with a credential", () => {
    const plain = request({ scheme: "http", port: 80 });
    expect(verdict(plain, table({ host: "api.example.com", http: true })).verdict).toBe("allow");
    expect(verdict(plain, table({ host: "api.example.com", http: true, port: 8080 }))).toMatchObject({
      verdict: "block",
      rule: "port",
    });
    expect(
      verdict(request({ scheme: "http", port: 8080 }), table({ host: "api.example.com", http: true, port: 8080 }))
        .verdict,
    ).toBe("allow");
    const auth = { scheme: "Bearer", slot: "EGRESS_TOKEN_0" };
    expect(verdict(plain, table({ host: "api.example.com", http: true, auth })).verdict).toBe("block");
  });

  test("forgets a route when its time is over, to the moment", () => {
    const routes = table({ host: "api.example.com", decision: "d", expires_at: NOW.toISOString() });
    expect(verdict(request(), routes, NOTHING_USED, new Date(NOW.getTime() - 1)).verdict).toBe("allow");
    expect(verdict(request(), routes)).toMatchObject({ verdict: "block", rule: "expires_at" });
  });

  test("allows a `once` route until its decision was used", () => {
    const routes = table({ host: "api.example.com", decision: "d", once: true });
    expect(verdict(request(), routes).verdict).toBe("allow");
    expect(verdict(request(), routes, new Set(["d"]))).toMatchObject({ verdict: "block", rule: "once" });
    expect(verdict(request(), table({ host: "api.example.com", once: true })).verdict).toBe("block");
  });

  test("does not spend a `once` route where a standing one covers the request", () => {
    const standing = { host: "api.example.com" };
    const routes = table({ host: "api.example.com", decision: "d", once: true }, standing);
    expect(verdict(request(), routes)).toMatchObject({ verdict: "allow", route: standing });
  });

  test("holds a request to an unknown host when the operator wants to be asked", () => {
    expect(verdict(request(), hold())).toMatchObject({
      verdict: "hold",
      refusal: { suggestion: { host: "api.example.com" } },
    });
  });

  test("does not hold what a definition's own route limits", () => {
    expect(verdict(request(), hold({ host: "api.example.com", path_allowlist: ["/v2"] }))).toMatchObject({
      verdict: "block",
      rule: "path_allowlist",
    });
  });

  test("holds the rest of a host that only an approval opened", () => {
    const approved = { host: "api.example.com", path_allowlist: ["/v2"], decision: "d" };
    expect(verdict(request(), hold(approved)).verdict).toBe("hold");
    expect(verdict(request({ path: "/v2" }), hold(approved)).verdict).toBe("allow");
  });

  test("holds again what was approved once and is used up", () => {
    expect(
      verdict(request(), hold({ host: "api.example.com", decision: "d", once: true }), new Set(["d"])),
    ).toMatchObject({ verdict: "hold", rule: "once" });
  });

  test("does not hold plain HTTP, which no approval allows", () => {
    expect(verdict(request({ scheme: "http", port: 80 }), hold()).verdict).toBe("block");
  });

  const host = fc.constantFrom("api.example.com", "example.com", "a.api.example.com", "evil.com", "xapi.example.com");
  const path = fc.constantFrom("/", "/v1", "/v1/items", "/v1x", "/v2/..x");
  const destination = fc.record({
    scheme: fc.constantFrom("http" as const, "https" as const),
    host,
    isAddress: fc.boolean(),
    port: fc.constantFrom(80, 443, 8443),
    method: fc.constantFrom("GET", "POST", "DELETE"),
    path,
  });
  const route = fc.record(
    {
      host: fc.oneof(host, fc.constant("*.example.com")),
      port: fc.constantFrom(80, 443, 8443),
      http: fc.boolean(),
      methods: fc.subarray(["GET", "POST"], { minLength: 1 }),
      path_allowlist: fc.array(path, { minLength: 1, maxLength: 2 }),
      decision: fc.constantFrom("d1", "d2"),
      once: fc.boolean(),
      expires_at: fc.constantFrom("2026-01-01T11:00:00.000Z", "2026-01-01T13:00:00.000Z"),
    },
    { requiredKeys: ["host"] },
  ) as fc.Arbitrary<TableRoute>;

  test("allows only by a route that covers host, port, scheme, method and path, is live and unused", () => {
    fc.assert(
      fc.property(
        destination,
        fc.array(route, { maxLength: 4 }),
        fc.subarray(["d1", "d2"]),
        fc.boolean(),
        (to, routes, used, asks) => {
          const result = verdict(to, asks ? hold(...routes) : table(...routes), new Set(used));
          if (result.verdict !== "allow") return;
          const by = result.route;
          expect(routes).toContain(by);
          expect(to.isAddress).toBe(false);
          expect(coversHost(by.host, to.host)).toBe(true);
          expect(by.port ?? (to.scheme === "http" ? 80 : 443)).toBe(to.port);
          if (to.scheme === "http") expect(by.http).toBe(true);
          if (by.methods !== undefined) expect(by.methods).toContain(to.method);
          if (by.path_allowlist !== undefined)
            expect(by.path_allowlist.some((prefix) => isUnder(to.path, prefix))).toBe(true);
          if (by.expires_at !== undefined) expect(new Date(by.expires_at) > NOW).toBe(true);
          if (by.once === true) expect(by.decision !== undefined && !used.includes(by.decision)).toBe(true);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("a route taken away never allows more", () => {
    fc.assert(
      fc.property(destination, fc.array(route, { minLength: 1, maxLength: 4 }), (to, routes) => {
        const [, ...fewer] = routes;
        if (verdict(to, table(...routes)).verdict === "allow") return;
        expect(verdict(to, table(...fewer)).verdict).not.toBe("allow");
      }),
    );
  });
});

describe("suggest", () => {
  test("is the narrowest rule, which the table takes and which allows the request", () => {
    const segment = fc.string({ unit: "grapheme", maxLength: 8 });
    const target = fc
      .array(segment, { maxLength: 5 })
      .map((all) => `/${all.filter(isEncodable).map(encodeURIComponent).join("/")}`);
    fc.assert(
      fc.property(target, fc.constantFrom("GET", "POST", "PROPFIND"), (asked, method) => {
        const path = normalisePath(asked);
        if (path.kind === "bad" || path.encodedSlash) return;
        const to = request({ path: path.path, method });
        const { host, port, methods, path_allowlist } = suggest(to);
        const rule = { host, port, methods, path_allowlist } as TableRoute;
        const routes = parseRouteTable(renderRouteTable(table(rule)));
        expect(verdict(to, routes).verdict).toBe("allow");
        expect(verdict({ ...to, method: "DELETE" }, routes).verdict).toBe("block");
        expect(verdict({ ...to, path: `${path.path}x` }, routes).verdict).toBe(
          path.path.endsWith("/") ? "allow" : "block",
        );
      }),
      { numRuns: 2000 },
    );
  });

  test("cuts a very long path at a segment", () => {
    const [prefix = ""] = suggest(request({ path: `/${"segment/".repeat(400)}end` })).path_allowlist ?? [];
    expect(prefix.length).toBeLessThanOrEqual(1024);
    expect(prefix.endsWith("segment/")).toBe(true);
  });

  test("asks for TLS where the request was plain", () => {
    expect(suggest(request({ scheme: "http", port: 80 }))).toMatchObject({ port: 443 });
  });
});

function isEncodable(text: string): boolean {
  return text.isWellFormed();
}
