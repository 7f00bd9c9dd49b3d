// One request in full: findings in words, the rule, the decision, and why the proxy decides so.

import { expect, test } from "vitest";

import type { Row } from "#components/rows.ts";
import { requestDetail } from "#components/tabs/egress/request-detail.ts";
import type { EgressRequest, EgressVerdict } from "#domain/egress/control.ts";

const REQUEST: EgressRequest = {
  id: 7,
  at: "2030-01-01T12:00:00.000Z",
  verdict: "redact",
  method: "POST",
  scheme: "https",
  protocol: "h2",
  host: "api.example.com",
  port: 443,
  path: "/v1/items",
  status: 200,
  bytes_up: 1200,
  bytes_down: 3400,
  ms: 12,
  rule: "api.example.com",
  decision: "p000000001",
  findings: [
    { rule: "github-pat", direction: "outbound", where: "header X-Note", action: "redacted" },
    { rule: "injection:ignore-instructions", direction: "inbound", where: "body", action: "warned" },
  ],
};

const VERDICT: EgressVerdict = {
  verdict: "block",
  rule: "default deny",
  reason: "api.example.com is not on the allowlist",
  steps: [
    { step: "parse", state: "ok", detail: "POST https, read in one way only" },
    { step: "match", state: "no", detail: `no route is for it ${"and it is said at length ".repeat(6)}` },
  ],
};

function read(over: Partial<Parameters<typeof requestDetail>[0]> = {}): string[] {
  const rows = requestDetail({ slug: "a-1", request: REQUEST, verdict: VERDICT, allowing: "", width: 76, ...over });
  return rows.map((row: Row) => row.map(({ text }) => text).join(""));
}

test("says everything about it", () => {
  const text = read().join("\n");
  for (const words of [
    "~ redact",
    "a-1  #7",
    "POST https://api.example.com:443/v1/items",
    "HTTP/2",
    "status 200",
    "1.2 kB sent, 3.4 kB received",
    "12 ms",
    "p000000001",
    "⚑ github-pat in what was to leave: header X-Note;",
    "injection:ignore-instructions in the answer: body; noted",
  ])
    expect(text).toContain(words);
});

test("explains the verdict step by step, and no row is wider than the pane", () => {
  const rows = read();
  expect(rows.join("\n")).toMatch(/the same request now: ✗ block +default deny/);
  expect(rows.some((line) => line.startsWith("✓ parse "))).toBe(true);
  expect(rows.some((line) => line.startsWith("✗ match "))).toBe(true);
  for (const line of rows) expect(line.length).toBeLessThanOrEqual(76);
});

test("says what it waits for, and why the proxy cannot say", () => {
  expect(read({ verdict: null }).join("\n")).toContain("asking the proxy");
  expect(read({ verdict: { problem: "the egress proxy does not answer" } }).join("\n")).toContain(
    "cannot be said: the egress proxy does not answer",
  );
});

test("an open one goes on, and a tunnel has no path", () => {
  const text = read({ request: { ...REQUEST, open: true, status: 0, protocol: "tcp", path: "/x" } }).join("\n");
  expect(text).toContain("it goes on");
  expect(text).toContain("none yet");
  expect(text).toContain("https://api.example.com:443\n");
});
