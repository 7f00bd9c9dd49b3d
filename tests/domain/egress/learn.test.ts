import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { EgressSeen, SeenRequest } from "#domain/egress/control.ts";
import { covers } from "#domain/egress/covers.ts";
import { learnRoutes as learnFrom } from "#domain/egress/learn.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { renderRouteTable } from "#domain/egress/table.ts";
import { decide } from "#sidecars/egress/policy/decide.ts";

const AT = "2026-11-20T12:00:00.000Z";

function learnRoutes(requests: EgressSeen, present: RouteTable, variables: Record<string, string> = {}) {
  return learnFrom(requests, present, { now: new Date(AT), variables });
}

function table(...routes: TableRoute[]): RouteTable {
  return { version: 1, on_unknown_host: "block", hold_seconds: 120, hosts: {}, routes };
}

function asked(method: string, url: string, over: Partial<SeenRequest> = {}): SeenRequest {
  const { protocol, hostname, port, pathname } = new URL(url);
  const scheme = protocol === "http:" ? "http" : "https";
  const usual = scheme === "http" ? 80 : 443;
  return {
    scheme,
    host: hostname,
    port: port === "" ? usual : Number(port),
    method,
    path: pathname,
    count: 2,
    allowed: 2,
    last_seen: AT,
    ...over,
  };
}

function seen(...requests: SeenRequest[]): EgressSeen {
  return { since: AT, requests, left_out: 0 };
}

describe("learnRoutes", () => {
  test("names the hosts, methods and paths that were asked for, and no more", () => {
    const { routes, unused } = learnRoutes(
      seen(asked("GET", "https://api.x.test/repos/acme/"), asked("GET", "https://api.x.test/user")),
      table({ host: "*.x.test" }, { host: "other.test" }),
    );
    expect(routes).toEqual([
      {
        route: { host: "api.x.test", methods: ["GET"], path_allowlist: ["/repos/acme/", "/user"] },
        state: "narrower",
        count: 4,
        allowed: 4,
        last_seen: AT,
      },
    ]);
    expect(unused).toEqual([{ host: "other.test" }]);
  });

  test("says which method goes with which path where they differ", () => {
    const { routes } = learnRoutes(
      seen(
        asked("GET", "https://a.test/read/"),
        asked("POST", "https://a.test/write"),
        asked("GET", "https://a.test/write"),
      ),
      table({ host: "a.test" }),
    );
    expect(routes[0]?.route).toEqual({
      host: "a.test",
      matches: [
        { path: "/read/", methods: ["GET"] },
        { path: "/write", methods: ["GET", "POST"] },
      ],
    });
  });

  test("leaves a rule as it is when all of it was used, and keeps its protection and its credential", () => {
    const rule: TableRoute = {
      host: "a.test",
      methods: ["POST", "GET"],
      path_allowlist: ["/v1/"],
      auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" },
      dlp: { outbound_on_match: "block" },
    };
    const { routes } = learnRoutes(
      seen(asked("GET", "https://a.test/v1/"), asked("POST", "https://a.test/v1/")),
      table(rule),
    );
    expect(routes[0]).toMatchObject({
      state: "same",
      credential: "Bearer EGRESS_TOKEN_0",
      route: { methods: ["GET", "POST"], path_allowlist: ["/v1/"], dlp: { outbound_on_match: "block" } },
    });
  });

  test("keeps what was refused apart from what was allowed, on the same host too", () => {
    const { routes } = learnRoutes(
      seen(asked("GET", "https://a.test/ok/"), asked("DELETE", "https://a.test/all", { allowed: 0 })),
      table({ host: "a.test", methods: ["GET"] }),
    );
    expect(routes.map(({ state, route }) => [state, route.methods])).toEqual([
      ["narrower", ["GET"]],
      ["missing", ["DELETE"]],
    ]);
  });

  test("learns nothing from what a rule allows and was refused all the same, for a secret or a limit", () => {
    const { routes, unused } = learnRoutes(
      seen(asked("POST", "https://a.test/steal", { allowed: 0 }), asked("GET", "https://a.test/")),
      table({ host: "a.test" }),
    );
    expect(routes.map(({ route }) => route)).toEqual([{ host: "a.test", methods: ["GET"] }]);
    expect(unused).toEqual([]);
  });

  test("leaves out the proxy's own page", () => {
    expect(learnRoutes(seen(asked("GET", "http://_egress.local/allowlist")), table()).routes).toEqual([]);
  });

  test("allows plain HTTP only where it was used, and never where a credential is sent", () => {
    const plain = learnRoutes(
      seen(asked("GET", "http://a.test/"), asked("GET", "https://a.test/")),
      table({ host: "a.test", http: true }),
    );
    expect(plain.routes.map(({ route }) => route)).toEqual([{ host: "a.test", http: true, methods: ["GET"] }]);
    const credentialed = learnRoutes(
      seen(asked("GET", "http://a.test/", { allowed: 0 }), asked("GET", "https://a.test/")),
      table({ host: "a.test", auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } }),
    );
    expect(credentialed.routes.map(({ route, state }) => [route.http, state])).toEqual([
      [undefined, "narrower"],
      [true, "missing"],
    ]);
  });

  test("makes a route of its own for each port", () => {
    const { routes } = learnRoutes(
      seen(asked("GET", "https://a.test/"), asked("GET", "https://a.test:8443/")),
      table({ host: "a.test" }, { host: "a.test", port: 8443 }),
    );
    expect(routes.map(({ route }) => route.port)).toEqual([undefined, 8443]);
  });

  test("folds many paths into the folders that they are in", () => {
    const paths = Array.from({ length: 40 }, (_, index) => asked("GET", `https://a.test/v1/items/item-${index}`));
    const { routes } = learnRoutes(seen(...paths, asked("GET", "https://a.test/health")), table({ host: "a.test" }));
    expect(routes[0]?.route.path_allowlist).toEqual(["/health", "/v1/items/"]);
  });

  test("does not call a tunnel unused, nor what is for one request", () => {
    const { unused } = learnRoutes(
      seen(),
      table(
        { host: "a.test", port: 22, raw_tcp: true },
        { host: "b.test", pipelock: { tls_passthrough: true } },
        { host: "c.test", once: true, decision: "0001abcd-x" },
        { host: "d.test" },
      ),
    );
    expect(unused.map(({ host }) => host)).toEqual(["d.test"]);
  });

  test("keeps every condition of the rule that is there: headers, limits, protection, encoded slashes", () => {
    const graphql = {
      host: "a.test",
      matches: [
        { path: "/graphql", methods: ["POST"], headers: { "content-type": "application/json" } },
        { path: "/v1", methods: ["GET", "POST"] },
      ],
      limits: { body_bytes: 10 },
    };
    const registry = { host: "npm.test", encoded_slashes: true };
    const { routes } = learnRoutes(
      seen(
        asked("POST", "https://a.test/graphql"),
        asked("GET", "https://a.test/v1/x"),
        asked("GET", "https://npm.test/@a%2fb"),
      ),
      table(graphql, registry),
    );
    expect(routes.map(({ route }) => route)).toEqual([
      {
        host: "a.test",
        matches: [
          { path: "/graphql", methods: ["POST"], headers: { "content-type": "application/json" } },
          { path: "/v1/x", methods: ["GET"] },
        ],
        limits: { body_bytes: 10 },
      },
      { host: "npm.test", methods: ["GET"], encoded_slashes: true },
    ]);
  });

  test("stays below the prefixes of the rule, however much is folded", () => {
    const paths = Array.from({ length: 20 }, (_, index) => `/v1/items/item-${index}`);
    const { routes } = learnRoutes(
      seen(...paths.map((path) => asked("GET", `https://a.test${path}`)), asked("GET", "https://a.test/v2/")),
      table({ host: "a.test", path_allowlist: [...paths, "/v2/open"] }),
    );
    expect(routes[0]?.route.path_allowlist).toEqual([...paths, "/v2/open"].toSorted());
  });

  test("takes what only a rule that is gone allowed for missing", () => {
    const gone = { host: "a.test", decision: "0001abcd-x", expires_at: AT };
    const { routes } = learnRoutes(seen(asked("GET", "https://a.test/")), table(gone));
    expect(routes.map(({ state, allowed }) => [state, allowed])).toEqual([["missing", 2]]);
  });

  test("tells a host that never answered from one that did", () => {
    const { routes } = learnRoutes(
      seen(asked("GET", "https://a.test/", { answered: 0 }), asked("GET", "https://b.test/", { answered: 1 })),
      table({ host: "*.test" }),
    );
    expect(routes.map(({ state }) => state)).toEqual(["unanswered", "narrower"]);
  });

  test("names the operator's variable where the definition tells it", () => {
    const { routes } = learnRoutes(
      seen(asked("GET", "https://a.test/")),
      table({ host: "a.test", auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } }),
      { EGRESS_TOKEN_0: "ACME_PAT" },
    );
    expect(routes[0]?.route.auth).toEqual({ scheme: "Bearer", token_ref: "ACME_PAT" });
    expect(routes[0]?.credential).toBeUndefined();
  });

  describe("of any table and any requests", () => {
    const segment = fc.constantFrom("a", "b", "c d", "é");
    const path = fc.array(segment, { maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
    const prefix = path.map((text) => encodeURI(text));
    const method = fc.constantFrom("GET", "POST");
    const host = fc.constantFrom("a.x.test", "b.x.test", "c.test");
    const some = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 1, maxLength: 3 });
    const match = fc
      .record({ path: prefix, methods: some(method), headers: fc.constant({ accept: "x/y" }) }, { requiredKeys: [] })
      .filter((one) => Object.keys(one).length > 0);
    const rules = fc.record(
      { methods: some(method), path_allowlist: some(prefix), matches: some(match), http: fc.boolean() },
      { requiredKeys: [] },
    );
    const standing = fc
      .tuple(fc.oneof(host, fc.constant("*.x.test")), fc.option(fc.constantFrom(8443)), rules)
      .map(([name, port, rest]): TableRoute => ({ host: name, ...rest, ...(port === null ? {} : { port }) }));
    const request = fc.record({
      scheme: fc.constantFrom("http" as const, "https" as const),
      host,
      port: fc.constantFrom(80, 443, 8443),
      method,
      path,
      headers: fc.constantFrom<string[]>(["accept", "x/y"], []),
    });
    type Request = { [K in "host" | "method" | "path"]: string } & {
      scheme: "http" | "https";
      port: number;
      headers: string[];
    };
    const isAllowed = ({ headers, ...asks }: Request, by: RouteTable): boolean =>
      decide({ ...asks, isAddress: false, rawHeaders: headers }, by, new Date(AT), new Set()).verdict === "allow";

    test("allows all that was seen and allowed, and nothing that the present table refuses", () => {
      fc.assert(
        fc.property(fc.array(standing, { maxLength: 4 }), some(request), fc.array(request), (present, asks, probes) => {
          const before = table(...present);
          const kinds = asks.map(({ headers: _headers, ...one }, index): SeenRequest => {
            const allowed = asks[index] !== undefined && isAllowed(asks[index], before) ? 1 : 0;
            return { ...one, count: 1, allowed, last_seen: AT };
          });
          const { routes } = learnRoutes(seen(...kinds), before);
          const open = routes.filter(({ state }) => state !== "missing").map(({ route }) => route as TableRoute);
          const after = table(...open);
          renderRouteTable(after);
          for (const one of asks) expect(isAllowed(one, after)).toBe(isAllowed(one, before));
          for (const one of probes) expect(isAllowed(one, after) && !isAllowed(one, before)).toBe(false);
        }),
        { numRuns: 500 },
      );
    });
  });

  test("learns a table that can be written and allows what was allowed or missing, whatever it was", () => {
    const segment = fc.oneof(
      fc.constantFrom("a", "b", "..", "%", "?", "#", "é", " ", "\\", ""),
      fc.string({ maxLength: 5 }),
    );
    const kind = fc.record({
      scheme: fc.constantFrom("http" as const, "https" as const),
      host: fc.constantFrom("a.test", "b.test"),
      port: fc.constantFrom(80, 443, 8443),
      method: fc.constantFrom("GET", "POST", "PROPFIND"),
      path: fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join("/")}`),
      count: fc.constant(1),
      allowed: fc.constantFrom(0, 1),
      last_seen: fc.constant(AT),
    });
    fc.assert(
      fc.property(fc.array(kind, { maxLength: 30 }), (requests) => {
        const { routes } = learnRoutes(seen(...requests), table({ host: "b.test" }));
        const learned = table(...routes.map(({ route }) => route as TableRoute));
        renderRouteTable(learned);
        const standing = { host: "b.test" };
        for (const request of requests) {
          if (request.allowed === 0 && covers(standing, request)) continue;
          expect(learned.routes.some((route) => covers(route, request))).toBe(true);
        }
      }),
    );
  });
});
