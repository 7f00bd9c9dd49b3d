import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { EgressSeen, SeenRequest } from "#domain/egress/control.ts";
import { covers } from "#domain/egress/covers.ts";
import { learnRoutes } from "#domain/egress/learn.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { renderRouteTable } from "#domain/egress/table.ts";

const AT = "2026-11-20T12:00:00.000Z";

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
