// Counters, policy, and a table that is not in force.

import { expect, test } from "vitest";

import { rowWidth, type Row } from "#components/rows.ts";
import { statusRows } from "#components/tabs/egress/status-rows.ts";
import { NO_TRAFFIC, type EgressStatus } from "#domain/egress/control.ts";

const STATUS: EgressStatus = {
  version: 3,
  table_digest: "0".repeat(64),
  table: { version: 1, on_unknown_host: "hold", hold_seconds: 60, hosts: {}, routes: [{ host: "api.example.com" }] },
  counters: { ...NO_TRAFFIC, allowed: 12, blocked: 3, inbound_findings: 2, tunnels: 1, bytes_down: 5_000_000 },
  recent: [],
};

const texts = (rows: readonly Row[]): string[] => rows.map((row) => row.map(({ text }) => text).join(""));

test("names the policy, and counts everything", () => {
  const [policy, counters] = texts(statusRows(STATUS, 160));
  expect(policy).toBe("policy v3  1 rule  unknown hosts: hold");
  for (const words of [
    "✓ 12 allowed",
    "✗ 3 blocked",
    "▲ 0 held",
    "~ 0 redacted",
    "⚑ 0 out 2 in",
    "0 open",
    "1 tunnel",
    "↑0 B ↓5.0 MB",
  ])
    expect(counters).toContain(words);
});

test("where it is narrow, what is 0 is left out before anything is cut", () => {
  const [, counters] = statusRows(STATUS, 80);
  const text = counters?.map((part) => part.text).join("") ?? "";
  expect(text).toContain("⚑ 0 out 2 in");
  expect(text).toContain("▲ 0 held");
  expect(text).not.toContain("redacted");
  expect(rowWidth(counters ?? [])).toBeLessThanOrEqual(80);
  expect(rowWidth(statusRows(STATUS, 50)[1] ?? [])).toBeLessThanOrEqual(50);
});

test("a table that is not in force is said loudly, in full", () => {
  const rows = statusRows({ ...STATUS, reload_error: `routes.yaml:4: ${"x".repeat(70)} \u001b[2J` }, 60);
  const text = texts(rows).join(" ");
  expect(text).toContain("! the newest table is NOT in force: routes.yaml:4:");
  expect(text).not.toContain("\u001b");
  expect(rows.length).toBeGreaterThan(3);
});

test("limits say what is used of them, the nearest to its end first, and how many do not fit", () => {
  const usage: EgressStatus["usage"] = [
    { limit: "bytes_per_day", used: 1_073_741, most: 2 ** 30 },
    { route: "api.example.com:443 GET any path", limit: "requests_per_minute", used: 60, most: 60 },
    { route: "b.example.com:443 any method any path", limit: "requests_per_minute", used: 9, most: 10 },
  ];
  const [, , wide] = statusRows({ ...STATUS, usage }, 300);
  expect(texts([wide ?? []])[0]?.trimEnd()).toBe(
    [
      "limits",
      "! api.example.com:443 GET any path: 60 of 60 requests in the last minute",
      "b.example.com:443 any method any path: 9 of 10 requests in the last minute",
      "bottle: 1.02MiB of 1GiB today",
    ].join("  "),
  );
  const [, , narrow = []] = statusRows({ ...STATUS, usage }, 100);
  expect(texts([narrow])[0]).toBe(
    "limits  ! api.example.com:443 GET any path: 60 of 60 requests in the last minute  +2 more",
  );
  expect(statusRows(STATUS, 100)).toHaveLength(2);
});

test("exceptions are counted beside rules", () => {
  const table = { ...STATUS.table, dlp_exceptions: [{ decision: "p1", host: "a.example.com", rule: "github-pat" }] };
  expect(texts(statusRows({ ...STATUS, table }, 100))[0]).toContain("1 rule, 1 exception");
});
