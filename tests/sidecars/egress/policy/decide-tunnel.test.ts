import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { decide } from "#sidecars/egress/policy/decide.ts";
import { decideTunnel } from "#sidecars/egress/policy/decide-tunnel.ts";

const NOW = new Date("2026-01-01T12:00:00Z");
const HOST = "api.example.com";
const passthrough = { pipelock: { tls_passthrough: true } };
const table = (...routes: TableRoute[]): RouteTable => ({
  version: 1,
  on_unknown_host: "block",
  hold_seconds: 120,
  hosts: {},
  routes,
});
const judge = (routes: TableRoute[], port = 443, used: string[] = [], host = HOST) =>
  decideTunnel(host, port, table(...routes), NOW, new Set(used));

describe("a CONNECT", () => {
  test("to an unknown host is intercepted, so that its requests are refused in a way that the client can read", () => {
    expect(judge([])).toEqual({ kind: "intercept" });
  });

  test("to a host with an ordinary route is intercepted, whatever the port", () => {
    expect(judge([{ host: HOST }])).toEqual({ kind: "intercept" });
    expect(judge([{ host: HOST }], 8443)).toEqual({ kind: "intercept" });
  });

  test("passes TLS through where the route says so, on its port only", () => {
    const route = { host: HOST, ...passthrough };
    expect(judge([route])).toMatchObject({ kind: "passthrough", route, rule: `${HOST}:443 TLS passed through` });
    expect(judge([route], 8443)).toMatchObject({ kind: "refuse", rule: "port", refusal: { status: 403 } });
  });

  test("is a plain tunnel where the route says so, on its port only", () => {
    const route = { host: HOST, port: 5432, raw_tcp: true };
    expect(judge([route], 5432)).toMatchObject({ kind: "raw", route, rule: `${HOST}:5432 raw TCP` });
    expect(judge([route], 443)).toMatchObject({ kind: "refuse", reason: `only port 5432 of ${HOST} is allowed` });
  });

  test("is no plain tunnel on another port than the one named, when the host has ordinary routes too", () => {
    expect(judge([{ host: HOST, port: 5432, raw_tcp: true }, { host: HOST }], 443)).toEqual({ kind: "intercept" });
    expect(judge([{ host: HOST, port: 5432, raw_tcp: true }, { host: HOST }], 5432)).toMatchObject({ kind: "raw" });
  });

  test("goes by the exact host before a wildcard, and a longer wildcard before a shorter", () => {
    const wide = { host: "*.example.com", ...passthrough };
    expect(judge([wide, { host: HOST, methods: ["GET"] }])).toEqual({ kind: "intercept" });
    expect(judge([{ host: "*.example.com" }, { host: HOST, ...passthrough }])).toMatchObject({ kind: "passthrough" });
    const deep = "a.b.example.com";
    expect(judge([wide, { host: "*.b.example.com" }], 443, [], deep)).toEqual({ kind: "intercept" });
    expect(judge([wide], 443, [], deep)).toMatchObject({ kind: "passthrough" });
    expect(judge([wide], 443, [], "example.com")).toEqual({ kind: "intercept" });
  });

  test("is looked at as closely as any route of that host rule asks for", () => {
    const raw = { host: HOST, port: 443, raw_tcp: true };
    const open = { host: HOST, ...passthrough };
    expect(judge([raw, open])).toMatchObject({ kind: "passthrough" });
    expect(judge([raw, open, { host: HOST }])).toEqual({ kind: "intercept" });
  });

  test("is refused when its only route is over, with which and when", () => {
    const until = { host: HOST, ...passthrough, decision: "d", expires_at: "2026-01-01T12:00:00.000Z" };
    expect(judge([until])).toMatchObject({ kind: "refuse", rule: "expires_at" });
    const once = { host: HOST, ...passthrough, decision: "d", once: true };
    expect(judge([once])).toMatchObject({ kind: "passthrough" });
    expect(judge([once], 443, ["d"])).toMatchObject({ kind: "refuse", rule: "once" });
  });

  const route = fc.record(
    {
      host: fc.constantFrom(HOST, "*.example.com", "example.com", "other.org"),
      port: fc.constantFrom(443, 5432),
      raw_tcp: fc.boolean(),
      pipelock: fc.record({ tls_passthrough: fc.boolean() }),
      methods: fc.constantFrom(["GET"]),
    },
    { requiredKeys: ["host"] },
  ) as fc.Arbitrary<TableRoute>;

  test("is never both a whole tunnel and one whose requests that route allows", () => {
    fc.assert(
      fc.property(fc.array(route, { maxLength: 4 }), fc.constantFrom(443, 5432), (routes, port) => {
        const verdict = judge(routes, port);
        if ("route" in verdict) {
          expect(verdict.route.raw_tcp === true || verdict.route.pipelock?.tls_passthrough === true).toBe(true);
          expect(verdict.route.port ?? 443).toBe(port);
        }
        const request = { scheme: "https", host: HOST, isAddress: false, port, method: "GET", path: "/" } as const;
        const decided = decide(request, table(...routes), NOW, new Set());
        if (decided.verdict === "allow") {
          expect(decided.route.raw_tcp === true || decided.route.pipelock?.tls_passthrough === true).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
