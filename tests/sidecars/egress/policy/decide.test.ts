import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { coversHost } from "#domain/egress/covers.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { narrowestRule } from "#domain/proposal/narrowest-rule.ts";
import { parseRouteTable, renderRouteTable } from "#domain/egress/table.ts";
import { decide } from "#sidecars/egress/policy/decide.ts";
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
  test("says of the name above a wildcard that the wildcard is not for it", () => {
    const { reason } = verdict(request({ host: "wild.test" }), table({ host: "*.wild.test" }));
    expect(reason).toBe("wild.test is not on the allowlist: *.wild.test is for the names below it");
  });

  test("suggests no rule for plain HTTP where the same is allowed with TLS", () => {
    const routes = table({ host: "api.example.com", path_allowlist: ["/v1"] });
    const plain = verdict(request({ scheme: "http", port: 80 }), routes);
    expect(plain).toMatchObject({ verdict: "block", rule: "no plain HTTP", refusal: { todo: "use https://" } });
    expect(plain).not.toHaveProperty("refusal.suggestion");
    const elsewhere = verdict(request({ scheme: "http", port: 80, path: "/v2" }), routes);
    expect(elsewhere).toHaveProperty("refusal.suggestion");
  });

  test("asks nobody about what an agent calls on its own, and about everything else of that host as ever", () => {
    const unasked = [{ host: "news.example.com", path: "/tip.toml" }];
    for (const policy of ["block", "hold"] as const) {
      const routes: RouteTable = { ...table(), on_unknown_host: policy, unasked };
      const call = request({ host: "news.example.com", path: "/tip.toml?v=1" });
      expect(verdict(call, routes)).toMatchObject({ verdict: "block", rule: "nobody is asked" });
      expect(verdict(call, routes)).not.toHaveProperty("refusal.suggestion");
      for (const other of [{ path: "/tip.toml/more" }, { method: "POST" }, { host: "more.news.example.com" }]) {
        expect(verdict({ ...call, ...other }, routes)).toMatchObject({ verdict: policy });
        expect(verdict({ ...call, ...other }, routes)).toHaveProperty("refusal.suggestion");
      }
      const allowed = { ...routes, routes: [{ host: "news.example.com" }] };
      expect(verdict(call, allowed)).toMatchObject({ verdict: "allow" });
    }
    expect(parseRouteTable(renderRouteTable({ ...table(), unasked })).unasked).toEqual(unasked);
    expect(() => parseRouteTable(renderRouteTable({ ...table(), unasked: [{ host: "X", path: "/" }] }))).toThrow(
      "unasked",
    );
  });

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

describe("several routes that allow", () => {
  const chosen = (to: Destination, ...routes: TableRoute[]) => {
    const found = verdict(to, table(...routes));
    return found.verdict === "allow" ? found.route : undefined;
  };
  const auth = (slot: string) => ({ auth: { scheme: "Bearer", slot } });

  test("go by the exact host before a wildcard, wherever they stand", () => {
    const wide = { host: "*.example.com", path_allowlist: ["/v1/items"], ...auth("WIDE") };
    const exact = { host: "api.example.com", ...auth("EXACT") };
    expect(chosen(request(), wide, exact)).toBe(exact);
    expect(chosen(request(), exact, wide)).toBe(exact);
  });

  test("go by the longer wildcard before the shorter", () => {
    const short = { host: "*.example.com" };
    const long = { host: "*.b.example.com" };
    expect(chosen(request({ host: "a.b.example.com" }), short, long)).toBe(long);
  });

  test("go by the longer path before the shorter, of path_allowlist as of matches", () => {
    const any = { host: "api.example.com" };
    const short = { host: "api.example.com", path_allowlist: ["/v1"] };
    const long = { host: "api.example.com", matches: [{ path: "/v1/items" }] };
    expect(chosen(request(), any, short, long)).toBe(long);
    expect(chosen(request({ path: "/v1/x" }), any, short, long)).toBe(short);
    expect(chosen(request({ path: "/v2" }), any, short, long)).toBe(any);
  });

  test("go by the table's order where nothing else tells them apart", () => {
    const one = { host: "api.example.com", ...auth("ONE") };
    const other = { host: "api.example.com", ...auth("OTHER") };
    expect(chosen(request(), one, other)).toBe(one);
    expect(chosen(request(), other, one)).toBe(other);
  });

  test("go by a standing one, however wide, before one that would be used up", () => {
    const standing = { host: "*.example.com" };
    const once = { host: "api.example.com", path_allowlist: ["/v1/items"], decision: "d", once: true };
    expect(chosen(request(), once, standing)).toBe(standing);
  });
});

describe("matches", () => {
  const graphql = { path: "/graphql", methods: ["POST"], headers: { "Content-Type": "application/json" } };
  const route = { host: "api.example.com", matches: [graphql, { methods: ["GET"] }] };
  const post = (...rawHeaders: string[]) => request({ method: "POST", path: "/graphql", rawHeaders });

  test("let through what one of them fits wholly", () => {
    expect(verdict(request(), table(route)).verdict).toBe("allow");
    expect(verdict(post("content-type", "application/json"), table(route)).verdict).toBe("allow");
  });

  test.each([
    ["Content-Type", "application/json"],
    ["CONTENT-TYPE", "Application/JSON"],
    ["content-type", " application/json ; charset=utf-8"],
    ["content-type", "application/json;"],
  ])("take %s: %s for the same header", (name, value) => {
    expect(verdict(post(name, value), table(route)).verdict).toBe("allow");
  });

  test.each([
    ["no such header", [], "the header content-type is missing (wanted: application/json)"],
    ["another value", ["content-type", "text/plain"], "the header content-type has another value"],
    ["a longer value", ["content-type", "application/jsonx"], "the header content-type has another value"],
    ["the value as a parameter", ["content-type", "x; application/json"], "has another value"],
    ["the value in a list", ["content-type", "application/json, text/plain"], "has another value"],
    [
      "the header twice",
      ["content-type", "application/json", "Content-Type", "application/json"],
      "the header content-type is there twice",
    ],
    [
      "a second spelling of the header",
      ["content-type", "application/json", "Content_Type", "text/plain"],
      "the header content-type is there with an underscore",
    ],
    [
      "a header that is dropped on the way",
      ["Connection", "close, Content-Type", "content-type", "application/json"],
      "the header content-type is named by Connection",
    ],
  ])("refuse %s, and say of each alternative what it lacks", (_what, headers, why) => {
    const result = verdict(post(...headers), table(route));
    expect(result).toMatchObject({ verdict: "block", rule: "matches" });
    expect(result.reason).toContain("none of the matches of api.example.com fits: ");
    expect(result.reason).toContain(why);
    expect(result.reason).toContain("POST is not among GET");
  });

  test("never repeat a header's value in a reason", () => {
    const { reason } = verdict(post("content-type", "sk-hidden-value"), table(route));
    expect(reason).not.toContain("hidden");
  });

  test("compare paths as path_allowlist does", () => {
    const under = { host: "api.example.com", matches: [{ path: "/a" }] };
    expect(verdict(request({ path: "/a/b" }), table(under)).verdict).toBe("allow");
    expect(verdict(request({ path: "/ab" }), table(under)).reason).toContain("the path is not under /a");
  });

  test("hold besides path_allowlist and methods", () => {
    const both = { ...route, path_allowlist: ["/v1"], methods: ["GET", "POST"] };
    expect(verdict(request(), table(both)).verdict).toBe("allow");
    expect(verdict(post("content-type", "application/json"), table(both))).toMatchObject({ rule: "path_allowlist" });
  });

  test("fit nothing where no headers are known", () => {
    expect(verdict(request({ method: "POST", path: "/graphql" }), table(route)).verdict).toBe("block");
  });
});

describe("an encoded slash", () => {
  const slashed = request({ path: "/@scope%2Fpkg", encodedSlash: true });

  test("is let through by a route that says so and has no path rules", () => {
    expect(verdict(slashed, table({ host: "api.example.com", encoded_slashes: true })).verdict).toBe("allow");
    const matches = [{ methods: ["GET"] }];
    expect(verdict(slashed, table({ host: "api.example.com", encoded_slashes: true, matches })).verdict).toBe("allow");
  });

  test.each([
    ["does not say so", { host: "api.example.com" }],
    ["has a path_allowlist", { host: "api.example.com", encoded_slashes: true, path_allowlist: ["/"] }],
    ["matches paths", { host: "api.example.com", encoded_slashes: true, matches: [{ path: "/" }] }],
    ["is for another host", { host: "b.example.com", encoded_slashes: true }],
  ])("is 400 where the route %s, naming the key; nobody is asked", (_what, route) => {
    for (const routes of [table(route), hold(route), hold()]) {
      const result = verdict(slashed, routes);
      expect(result).toMatchObject({ verdict: "block", refusal: { status: 400, code: "bad_request" } });
      expect(result.reason).toContain("`encoded_slashes: true`");
      expect(result).not.toHaveProperty("refusal.suggestion");
    }
  });
});

describe("the reason of a refusal", () => {
  test("is that of the route which comes closest", () => {
    const routes = table(
      { host: "api.example.com", port: 8443 },
      { host: "api.example.com", methods: ["POST"] },
      { host: "api.example.com", path_allowlist: ["/v2"] },
      { host: "*.example.com", methods: ["PUT"] },
    );
    expect(verdict(request(), routes)).toMatchObject({ rule: "path_allowlist" });
  });

  test("names the kind of tunnel where single requests are not decided", () => {
    expect(verdict(request(), table({ host: "api.example.com", port: 443, raw_tcp: true })).rule).toBe("raw_tcp");
    const open = table({ host: "api.example.com", pipelock: { tls_passthrough: true } });
    expect(verdict(request(), open).rule).toBe("tls_passthrough");
  });
});

describe("the narrowest rule", () => {
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
        const { host, port, methods, path_allowlist } = narrowestRule(to);
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
    const [prefix = ""] = narrowestRule(request({ path: `/${"segment/".repeat(400)}end` })).path_allowlist ?? [];
    expect(prefix.length).toBeLessThanOrEqual(1024);
    expect(prefix.endsWith("segment/")).toBe(true);
  });

  test("asks for TLS where the request was plain", () => {
    expect(narrowestRule(request({ scheme: "http", port: 80 }))).toMatchObject({ port: 443 });
  });
});

function isEncodable(text: string): boolean {
  return text.isWellFormed();
}
