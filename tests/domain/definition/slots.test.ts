import { describe, expect, test } from "vitest";

import { resolveBottle } from "#domain/definition/resolve.ts";
import { buildTable, readSecrets } from "#domain/definition/slots.ts";
import { parseRouteTable, renderRouteTable } from "#domain/egress/table.ts";
import { definitions } from "#tests/helpers/definitions.ts";

const table = (routes: string, provided: Parameters<typeof buildTable>[1] = []) =>
  buildTable(resolveBottle(definitions({ dev: `egress:\n  routes: [${routes}]` }), "dev"), provided);
const auth = (ref: string) => `auth: {scheme: Bearer, token_ref: ${ref}}`;

describe("buildTable", () => {
  test("gives each distinct token a slot, in the order of the table, and never names a variable", () => {
    const built = table(
      `{host: a.x, ${auth("ONE")}}, {host: b.x}, {host: c.x, ${auth("TWO")}}, {host: d.x, ${auth("ONE")}}`,
    );
    expect(built.slots).toEqual([
      { slot: "EGRESS_TOKEN_0", variable: "ONE", hosts: ["a.x", "d.x"] },
      { slot: "EGRESS_TOKEN_1", variable: "TWO", hosts: ["c.x"] },
    ]);
    expect(built.table.routes.map((route) => route.auth?.slot)).toEqual([
      "EGRESS_TOKEN_0",
      undefined,
      "EGRESS_TOKEN_1",
      "EGRESS_TOKEN_0",
    ]);
    expect(renderRouteTable(built.table)).not.toMatch(/ONE|TWO/);
  });

  test("lets the provider own its hosts; the definition fills the rest", () => {
    const built = table(`{host: API.example, methods: [GET]}, {host: mine.example, ${auth("MINE")}}`, [
      { host: "api.example", auth: { scheme: "Bearer", token_ref: "PROVIDED" } },
    ]);
    expect(built.table.routes.map(({ host, methods }) => [host, methods])).toEqual([
      ["api.example", undefined],
      ["mine.example", undefined],
    ]);
    expect(built.slots.map(({ variable }) => variable)).toEqual(["PROVIDED", "MINE"]);
  });

  test("writes hosts as the proxy compares them, and plain addresses as CIDRs", () => {
    const built = table(`{host: Api.Example., pipelock: {ssrf_ip_allowlist: [10.0.0.1, fd00::1, 10.0.0.0/8]}}`);
    expect(built.table.routes).toEqual([
      { host: "api.example", pipelock: { ssrf_ip_allowlist: ["10.0.0.1/32", "fd00::1/128", "10.0.0.0/8"] } },
    ]);
  });

  test("has what a provider's routes send scanned and starred out, unless it says otherwise", () => {
    const built = table("{host: mine.example}", [
      { host: "a.example" },
      { host: "b.example", dlp: { outbound_on_match: "block" } },
      { host: "c.example", pipelock: { tls_passthrough: true } },
    ]);
    expect(built.table.routes).toEqual([
      { host: "a.example", dlp: { outbound_on_match: "redact" } },
      { host: "b.example", dlp: { outbound_on_match: "block" } },
      { host: "c.example", pipelock: { tls_passthrough: true } },
      { host: "mine.example" },
    ]);
    expect(parseRouteTable(renderRouteTable(built.table))).toEqual(built.table);
  });

  test("leaves the credential out where tls_passthrough is asked for, and holds path rules by opening it", () => {
    const asked = "pipelock: {tls_passthrough: true, ssrf_ip_allowlist: [10.0.0.1]}";
    const built = table(
      `{host: a.x, ${auth("ONE")}, ${asked}}, {host: b.x, ${auth("ONE")}, path_allowlist: [/p/], ${asked}}, {host: c.x, ${auth("TWO")}}`,
    );
    expect(built.table.routes).toEqual([
      { host: "a.x", pipelock: { tls_passthrough: true, ssrf_ip_allowlist: ["10.0.0.1/32"] } },
      { host: "b.x", path_allowlist: ["/p/"], pipelock: { ssrf_ip_allowlist: ["10.0.0.1/32"] } },
      { host: "c.x", auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } },
    ]);
    expect(built.slots.map(({ variable }) => variable)).toEqual(["TWO"]);
    expect(parseRouteTable(renderRouteTable(built.table))).toEqual(built.table);
  });

  test("carries the bottle's budget", () => {
    const bottle = resolveBottle(definitions({ base: "budget: {requests_per_day: 5}", dev: "extends: base" }), "dev");
    expect(buildTable(bottle, []).table.budget).toEqual({ requests_per_day: 5 });
  });

  test("makes a table that the proxy reads back", () => {
    const bottle = resolveBottle(
      definitions({
        dev: "egress: {on_unknown_host: hold, hold_seconds: 5, hosts: {API.x: '127.0.0.1:1'}, routes: [{host: '*.x.y', port: 8443, http: true, methods: [GET], path_allowlist: [/a/]}]}",
      }),
      "dev",
    );
    const built = buildTable(bottle, []).table;
    expect(parseRouteTable(renderRouteTable(built))).toEqual(built);
    expect(built).toMatchObject({ on_unknown_host: "hold", hold_seconds: 5, hosts: { "api.x": "127.0.0.1:1" } });
  });
});

describe("readSecrets", () => {
  const { slots } = table(`{host: a.x, ${auth("ONE")}}, {host: b.x, ${auth("TWO")}}, {host: c.x, ${auth("ONE")}}`);

  test("takes the values from the operator's environment", () => {
    expect(readSecrets(slots, { ONE: "1", TWO: "2", OTHER: "3" })).toEqual({
      EGRESS_TOKEN_0: "1",
      EGRESS_TOKEN_1: "2",
    });
  });

  test("names every variable that is unset, and its routes", () => {
    expect(() => readSecrets(slots, { TWO: " " })).toThrow(
      "egress.routes: ONE is not set (for a.x, c.x); TWO is empty (for b.x)",
    );
  });

  test("refuses a token with a line break, without showing it", () => {
    expect(() => readSecrets(slots, { ONE: "abc\nX: y", TWO: "2" })).toThrow(
      /^egress\.routes: ONE has a line break or another control character \(for a\.x, c\.x\);(?!.*abc)/,
    );
  });
});
