import { describe, expect, test } from "vitest";

import type { RouteTable } from "#domain/egress/route.ts";
import { parseRouteTable, renderRouteTable } from "#domain/egress/table.ts";
import { definitionRouteOf, expiryOf, slotOf, tableRouteOf, variablesOf } from "#domain/proposal/approved-route.ts";

const NOW = new Date("2026-11-20T12:00:00.000Z");
const rule = {
  host: "API.x.io.",
  methods: ["GET"],
  auth: { scheme: "Bearer", token_ref: "GH_PAT" },
  method: "GET",
  path: "/secret",
  count: 9,
};
const table = (routes: RouteTable["routes"]): RouteTable => ({
  version: 1,
  on_unknown_host: "block",
  hold_seconds: 1,
  hosts: {},
  routes,
});

describe("the route of an approval", () => {
  test("names its decision and its slot, and nothing of the request that led to it", () => {
    const route = tableRouteOf(rule, { id: "d", scope: "session" }, "EGRESS_TOKEN_1");
    expect(route).toEqual({
      host: "api.x.io",
      methods: ["GET"],
      auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_1" },
      decision: "d",
    });
    expect(parseRouteTable(renderRouteTable(table([route]))).routes).toEqual([route]);
  });

  test("says when it ends", () => {
    const ends = NOW.toISOString();
    expect(tableRouteOf({ host: "x.io" }, { id: "d", scope: "once", expires_at: ends }, undefined)).toEqual({
      host: "x.io",
      decision: "d",
      once: true,
      expires_at: ends,
    });
  });

  test("has the credential by name in a definition", () => {
    expect(definitionRouteOf(rule)).toEqual({
      host: "api.x.io",
      methods: ["GET"],
      auth: { scheme: "Bearer", token_ref: "GH_PAT" },
    });
  });
});

describe("the slot of a credential", () => {
  const definition = [
    { host: "A.io", auth: { scheme: "Bearer", token_ref: "GH_PAT" } },
    { host: "b.io", auth: { scheme: "Bearer", token_ref: "OTHER" } },
  ];
  const slot = (host: string, name: string, more: object = {}) => ({
    host,
    auth: { scheme: "Bearer", slot: name },
    ...more,
  });

  test("is that of a host that has it in the definition and in the table", () => {
    expect(slotOf("GH_PAT", table([slot("b.io", "EGRESS_TOKEN_0"), slot("a.io", "EGRESS_TOKEN_1")]), definition)).toBe(
      "EGRESS_TOKEN_1",
    );
  });

  test("is never one that was filled with another: a provider's own route, or a definition that changed since", () => {
    const routes = table([slot("a.io", "EGRESS_TOKEN_0"), slot("b.io", "EGRESS_TOKEN_1")]);
    const filled = { EGRESS_TOKEN_0: "HOST_LOGIN", EGRESS_TOKEN_1: "OTHER" };
    expect(slotOf("GH_PAT", routes, definition, filled)).toBeUndefined();
    expect(slotOf("OTHER", routes, definition, filled)).toBe("EGRESS_TOKEN_1");
    expect(variablesOf(routes, definition, filled)).toEqual({ EGRESS_TOKEN_1: "OTHER" });
  });

  test("and the other way gives the names of slots, without those that nobody can tell", () => {
    const routes = [slot("a.io", "EGRESS_TOKEN_1"), slot("c.io", "EGRESS_TOKEN_7")];
    expect(variablesOf(table(routes), definition)).toMatchObject({ EGRESS_TOKEN_1: "GH_PAT" });
    expect(variablesOf(table(routes), definition)).not.toHaveProperty("EGRESS_TOKEN_7");
  });

  test.each([
    ["the definition does not know the credential", "NONE", table([slot("a.io", "EGRESS_TOKEN_0")])],
    ["the table has no such host", "GH_PAT", table([slot("c.io", "EGRESS_TOKEN_0")])],
    ["only a decision put it there", "GH_PAT", table([slot("a.io", "EGRESS_TOKEN_0", { decision: "d" })])],
    [
      "two slots could be meant",
      "GH_PAT",
      table([slot("a.io", "EGRESS_TOKEN_0"), slot("a.io", "EGRESS_TOKEN_1", { port: 8443 })]),
    ],
  ])("is none when %s", (_name, ref, routes) => {
    expect(slotOf(ref, routes, definition)).toBeUndefined();
  });
});

test.each([
  ["once", undefined, "2026-11-20T12:10:00.000Z"],
  ["once", "2026-11-20T12:05:00.000Z", "2026-11-20T12:05:00.000Z"],
  ["once", "2027-01-01T00:00:00.000Z", "2026-11-20T12:10:00.000Z"],
  ["session", undefined, undefined],
  ["session", "2027-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
  ["manifest", undefined, undefined],
] as const)("an approval %s until %s ends at %s", (scope, wanted, ends) => {
  expect(expiryOf(scope, wanted, NOW)).toBe(ends);
});
