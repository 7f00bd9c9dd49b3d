// The table in force: each rule in a line, all that it says below.

import { expect, test } from "vitest";

import type { Row } from "#components/rows.ts";
import { tableRow, tableRowDetail, tableRowsOf, type TableRow } from "#components/tabs/egress/table-row.ts";
import type { TableRoute } from "#domain/egress/route.ts";

const textOf = (row: Row): string => row.map(({ text }) => text).join("");
const style = { width: 400, selected: false, uses: () => undefined };
const line = (route: TableRoute, uses: (decision: string) => number | undefined = () => undefined): string =>
  textOf(tableRow({ type: "route", route }, { ...style, uses }));

test("a rule says host, methods, paths, alternatives, scheme of its credential, limits, and what is done with findings", () => {
  const text = line({
    host: "api.github.com",
    methods: ["GET", "POST"],
    path_allowlist: ["/repos/acme/"],
    matches: [{ path: "/graphql", methods: ["POST"], headers: { "content-type": "application/json" } }],
    auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" },
    limits: { requests_per_minute: 600, bytes_per_day: 1000, body_bytes: 10 },
    dlp: { outbound_on_match: "redact", inbound: "block" },
    pipelock: { ssrf_ip_allowlist: ["10.0.0.0/8"] },
  });
  for (const words of [
    "api.github.com",
    "GET POST",
    "/repos/acme/",
    "if POST /graphql content-type: application/json",
    "Bearer credential",
    "600/min",
    "1000 bytes a day",
    "bodies up to 10 bytes",
    "secrets: redact",
    "answers: block",
    "may be at 10.0.0.0/8",
    "from the definition",
  ])
    expect(text).toContain(words);
  expect(text).not.toContain("EGRESS_TOKEN_0");
});

test("a tunnel says that nothing is read", () => {
  expect(line({ host: "db.example.com", port: 5432, raw_tcp: true })).toContain(
    "raw TCP: a plain tunnel, nothing is read",
  );
  expect(line({ host: "a.example.com", pipelock: { tls_passthrough: true } })).toContain(
    "TLS passthrough: nothing is read",
  );
});

test("a rule that the operator added by hand is told from those of the definition", () => {
  const text = line({ host: "mine.example.com", added: "operator" });
  expect(text).toContain("added by the operator, until the bottle stops");
  expect(text).not.toContain("definition");
});

test("what a decision added says which, how often it was used, and until when", () => {
  const route = { host: "a.example.com", decision: "p000000001", once: true, expires_at: "2030-01-01T12:30:00.000Z" };
  const text = line(route, () => 3);
  expect(text).toMatch(/by decision p000000001, used 3×, once, until \d\d:\d\d:\d\d/);
  expect(line(route, () => 0)).toContain("not used yet");
});

test("exceptions for findings stand below the rules", () => {
  const exception = { decision: "p1", host: "a.example.com", rule: "github-pat", fingerprint: "0".repeat(64) };
  const rows = tableRowsOf({
    version: 1,
    on_unknown_host: "block",
    hold_seconds: 60,
    hosts: {},
    routes: [{ host: "b.example.com" }],
    dlp_exceptions: [exception],
  });
  expect(rows.map(({ type }) => type)).toEqual(["route", "exception"]);
  expect(textOf(tableRow(rows[1] as TableRow, style))).toContain("⚑ lets github-pat pass, one value only");
});

test("the detail wraps, and nothing of it is lost", () => {
  const route: TableRoute = {
    host: "api.example.com",
    path_allowlist: Array.from({ length: 12 }, (_, index) => `/a/long/prefix/${index}/`),
  };
  const rows = tableRowDetail({ type: "route", route }, { width: 60, uses: () => undefined }).map(textOf);
  for (const text of rows) expect(text.length).toBeLessThanOrEqual(60);
  expect(rows.join("")).toContain("/a/long/prefix/11/");
});
