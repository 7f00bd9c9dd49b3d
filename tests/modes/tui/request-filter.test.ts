// Which requests a filter leaves.

import fc from "fast-check";
import { expect, test } from "vitest";

import type { EgressRequest } from "#domain/egress/control.ts";
import { matcherOf, rowsFrom, rowsUpTo } from "#modes/tui/request-filter.ts";
import { RequestRing } from "#modes/tui/request-ring.ts";
import { scriptedConsole } from "#tests/helpers/scripted-console.ts";

const { script } = scriptedConsole();
const request = (more: Partial<EgressRequest>): EgressRequest => script.request("a-1", more);

const ONE = request({
  verdict: "block",
  method: "POST",
  host: "Api.Example.com",
  path: "/v1/Items",
  status: 403,
  rule: "default deny",
  protocol: "h2",
  findings: [{ rule: "github-pat", direction: "outbound", where: "body", action: "blocked" }],
});

test.each([
  "",
  "  ",
  "example",
  "API.example.com/v1/items",
  "post",
  "block",
  "deny",
  "github",
  "verdict:block",
  "host:api",
  "path:/v1",
  "method:po",
  "status:4xx",
  "status:403",
  "status:40",
  "rule:deny",
  "proto:h2",
  "proto:http/2",
  "port:443",
  "found:github",
  "verdict:block host:api status:4xx example",
])("%j keeps it", (text) => {
  expect(matcherOf(text)(ONE)).toBe(true);
});

test.each([
  "nothing",
  "verdict:allow",
  "host:items",
  "path:example",
  "status:5xx",
  "method:get",
  "proto:ws",
  "port:80",
  "example verdict:hold",
  "weird:block",
])("%j leaves it out", (text) => {
  expect(matcherOf(text)(ONE)).toBe(false);
});

test("the kinds that one key goes through", () => {
  const kinds = (of: EgressRequest) =>
    (["all", "blocked", "held", "findings"] as const).map((kind) => matcherOf("", kind)(of));
  expect(kinds(ONE)).toEqual([true, true, false, true]);
  expect(kinds(request({ verdict: "hold" }))).toEqual([true, false, true, false]);
  expect(kinds(request({}))).toEqual([true, false, false, false]);
});

test("another word never shows more, whatever is typed", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, more) => {
      const both = matcherOf(`${text} ${more}`)(ONE);
      expect(both && !matcherOf(text)(ONE)).toBe(false);
    }),
  );
});

test("rows are taken upwards and downwards, only those that fit, oldest first", () => {
  const ring = new RequestRing({ requests: 50, size: 1_000_000 });
  for (let index = 0; index < 60; index += 1)
    ring.push(request({ id: 1000 + index, path: index % 2 === 0 ? "/even" : "/odd" }));
  const even = matcherOf("path:even");
  expect(rowsUpTo(ring, even, ring.last, 3).map(({ seq }) => seq)).toEqual([54, 56, 58]);
  expect(rowsFrom(ring, even, 0, 3).map(({ seq }) => seq)).toEqual([10, 12, 14]);
  expect(rowsUpTo(ring, even, 5, 3)).toEqual([]);
});
