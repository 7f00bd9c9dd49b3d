// One request in one line, at every width that a terminal may have.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { fitRow, rowWidth, type Row } from "#components/rows.ts";
import { badgeOf, columnsAt, requestRow, targetOf } from "#components/tabs/egress/request-row.ts";
import type { EgressFinding, EgressRequest } from "#domain/egress/control.ts";

const REQUEST: EgressRequest = {
  id: 7,
  at: "2030-01-01T12:00:00.000Z",
  verdict: "block",
  method: "POST",
  scheme: "https",
  protocol: "http/1.1",
  host: "api.example.com",
  port: 443,
  path: "/v1/items",
  status: 403,
  bytes_up: 1200,
  bytes_down: 3400,
  ms: 12.4,
  rule: "default deny: api.example.com is not on the allowlist",
};

const FOUND: EgressFinding = {
  rule: "github-pat",
  direction: "outbound",
  where: "header X-Note",
  action: "redacted",
};

const textOf = (row: Row): string => row.map(({ text }) => text).join("");
const line = (more: Partial<EgressRequest>, width: number): string =>
  textOf(requestRow({ ...REQUEST, ...more }, { width, selected: false, found: false }));

test("a wide row says all of it: time, verdict, method, host, path, status, bytes both ways, duration, rule", () => {
  const text = line({}, 200);
  for (const part of [
    "✗ block",
    "POST",
    "api.example.com/v1/items",
    "403",
    "↑1.2 kB",
    "3.4 kB",
    "12 ms",
    "default deny",
  ])
    expect(text).toContain(part);
  expect(text).toMatch(/\d\d:\d\d:\d\d/);
});

describe.each([200, 160, 120, 92, 80, 64, 44])("at %i columns", (width) => {
  test("verdict, method, host and status stay", () => {
    const text = textOf(fitRow(requestRow(REQUEST, { width, selected: true, found: false }), width));
    expect(text).toMatch(/▸ .*✗ block  POST/);
    expect(text).toContain("api.exa");
    expect(text).toContain("403");
  });

  test("it takes its columns and no more, so that what stands in them is never cut by the edge", () => {
    for (const findings of [[], [FOUND], [FOUND, { ...FOUND, rule: "injection:ignore-instructions" }]])
      expect(
        rowWidth(requestRow({ ...REQUEST, findings }, { width, selected: false, found: false })),
      ).toBeLessThanOrEqual(width);
  });
});

test("narrower rows leave out the rule first, then what was sent, the duration, the sizes and the time", () => {
  const kept = [150, 92, 80, 60, 44].map((width) => {
    const { tail, up, ms, down, time } = columnsAt(width);
    return [tail, up, ms, down, time].map((columns) => columns > 0);
  });
  expect(kept).toEqual([
    [true, true, true, true, true],
    [true, false, true, true, true],
    [false, false, true, true, true],
    [false, false, false, true, true],
    [false, false, false, false, false],
  ]);
});

test("each verdict has a sign and a word", () => {
  const words = (["allow", "block", "hold", "redact"] as const).map((verdict) => line({ verdict }, 100).slice(11, 19));
  expect(words).toEqual(["✓ allow ", "✗ block ", "▲ hold  ", "~ redact"]);
});

test("says how it came where that is not plain HTTP/1.1, and a port that is not usual", () => {
  expect(targetOf({ ...REQUEST, protocol: "h2" })).toBe("h2 api.example.com/v1/items");
  expect(targetOf({ ...REQUEST, protocol: "websocket" })).toBe("ws api.example.com/v1/items");
  expect(targetOf({ ...REQUEST, scheme: "http", port: 80 })).toBe("http://api.example.com/v1/items");
  expect(targetOf({ ...REQUEST, port: 8443 })).toBe("api.example.com:8443/v1/items");
  expect(targetOf({ ...REQUEST, protocol: "tcp", host: "192.0.2.7:443", port: 0 })).toBe("192.0.2.7:443");
  const tunnel = line({ protocol: "tcp", method: "CONNECT", path: "", port: 443 }, 100);
  expect(tunnel).toContain("tcp   ");
  expect(tunnel).toContain("api.example.com:443 ");
});

test("an open request has no duration, and one without an answer no status", () => {
  const text = line({ open: true, status: 0, verdict: "hold" }, 100);
  expect(text).toContain(" ··· ");
  expect(text).toContain("open");
});

test("a badge names the gravest finding and how many more there are; where it is narrow it takes the place of the sizes", () => {
  const warned: EgressFinding = { ...FOUND, rule: "injection:hidden", direction: "inbound", action: "warned" };
  expect(badgeOf([warned, FOUND])).toBe("⚑ github-pat redacted +1");
  expect(badgeOf([])).toBe("");
  const narrow = line({ findings: [FOUND] }, 76);
  expect(narrow).toContain("⚑ github-pat");
  expect(narrow).not.toContain("kB");
  expect(narrow).toContain("api.example.com/v1/items");
});

test("whatever a client sends stays one plain line", () => {
  const hostile = fc.string({
    unit: fc.constantFrom("a", "漢", "\u001b[31m", "\u202e", "\n", "👍", "\u0007"),
    maxLength: 80,
  });
  fc.assert(
    fc.property(hostile, hostile, hostile, fc.integer({ min: 40, max: 220 }), (host, path, rule, width) => {
      const findings = [{ ...FOUND, rule }];
      const row = fitRow(
        requestRow({ ...REQUEST, host, path, rule, method: rule, findings }, { width, selected: true, found: true }),
        width,
      );
      // oxlint-disable-next-line no-control-regex -- controls must not be there
      expect(textOf(row)).not.toMatch(/[\u0000-\u001f\u202e]/);
      expect(rowWidth(row)).toBe(width);
    }),
  );
});

test("a path of a megabyte is not measured whole", () => {
  expect(line({ path: `/${"漢".repeat(500_000)}` }, 120).length).toBeLessThan(400);
});
