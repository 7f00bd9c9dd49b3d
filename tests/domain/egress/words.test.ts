// Small things that many parts of the egress firewall share: coverage, words, sizes, differences.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { covers, coversHost, isUnder } from "#domain/egress/covers.ts";
import { lineDiff } from "#domain/egress/line-diff.ts";
import type { TableRoute } from "#domain/egress/route.ts";
import { budgetWords, routeWords } from "#domain/egress/route-words.ts";
import { parseSize, sizeText } from "#domain/size.ts";

describe("covers", () => {
  const asked = { scheme: "https", host: "a.test", port: 443, method: "GET", path: "/v1/x" } as const;
  test.each<[string, Partial<TableRoute>, Partial<typeof asked> | object, boolean]>([
    ["its host", {}, {}, true],
    ["another host", {}, { host: "b.test" }, false],
    ["another port", { port: 8443 }, {}, false],
    ["a method that is not listed", { methods: ["POST"] }, {}, false],
    ["a path below a prefix", { path_allowlist: ["/v1"] }, {}, true],
    ["a path beside a prefix", { path_allowlist: ["/v"] }, {}, false],
    ["an alternative that fits", { matches: [{ methods: ["POST"] }, { path: "/v1/" }] }, {}, true],
    ["no alternative", { matches: [{ path: "/v2/" }] }, {}, false],
    ["plain HTTP", {}, { scheme: "http", port: 80 }, false],
    ["plain HTTP that is allowed", { http: true }, { scheme: "http", port: 80 }, true],
    [
      "plain HTTP beside a credential",
      { http: true, auth: { scheme: "Bearer", slot: "S" } },
      { scheme: "http", port: 80 },
      false,
    ],
    ["anything in a raw tunnel", { raw_tcp: true, port: 443 }, { method: "PUT" }, true],
  ])("%s", (_name, route, over, expected) => {
    expect(covers({ host: "a.test", ...route }, { ...asked, ...over })).toBe(expected);
  });

  test("a pattern is for one label or more, never for the name itself", () => {
    expect(["a.test", "x.a.test", "x.y.a.test", "xa.test"].map((host) => coversHost("*.a.test", host))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test("paths are compared as they are read", () => {
    expect(isUnder("/a b/c", "/a%20b/")).toBe(true);
    expect(isUnder("/a%", "/a%")).toBe(true);
  });
});

describe("words of a route", () => {
  test("are none for what is as usual", () => {
    expect(routeWords({ host: "a.test" })).toEqual([]);
  });

  test("say all that a route looks at", () => {
    expect(
      routeWords({
        host: "a.test",
        matches: [
          { path: "/graphql", methods: ["POST"], headers: { "content-type": "application/json" } },
          { methods: ["GET"] },
        ],
        dlp: { outbound_on_match: "redact", inbound: "off" },
        limits: { requests_per_minute: 60, bytes_per_day: 2 ** 30, body_bytes: 1536 },
        encoded_slashes: true,
      }),
    ).toEqual([
      "only POST /graphql with content-type: application/json or GET",
      "%2f in paths",
      "secrets are starred out",
      "prompt injection is not looked for",
      "60 requests a minute",
      "1GiB a day",
      "bodies up to 1.5KiB",
    ]);
    expect(budgetWords({ requests_per_day: 5, bytes_per_day: 10 })).toEqual(["5 requests a day", "10B a day"]);
  });
});

describe("sizes", () => {
  test.each([
    ["1GiB", 2 ** 30],
    ["1.5 MB", 1_500_000],
    ["42", 42],
    ["1 apple", undefined],
    ["-1", undefined],
    ["", undefined],
    ["9999999999TiB", undefined],
  ])("%s", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test("are written so that they are read again, near enough", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (bytes) => {
        const read = parseSize(sizeText(bytes)) ?? Number.NaN;
        expect(Math.abs(read - bytes)).toBeLessThanOrEqual(bytes * 0.01);
      }),
    );
  });
});

describe("lineDiff", () => {
  test("is nothing for equal texts, and only what changed else", () => {
    expect(lineDiff("a\nb", "a\nb")).toBe("");
    expect(lineDiff("a\nb\nc\nd", "a\nx\nc\ny\nd")).toBe("- b\n+ x\n+ y");
  });

  test("leads from the one text to the other", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = lineDiff(before, after)
          .split("\n")
          .filter((line) => line !== "");
        const [minus, plus] = ["-", "+"].map((sign) => lines.filter((line) => line.startsWith(sign)).length);
        expect((plus ?? 0) - (minus ?? 0)).toBe(after.split("\n").length - before.split("\n").length);
        if (before === after) expect(lines).toEqual([]);
      }),
    );
  });

  test("takes no long time for long tables that have nothing in common", () => {
    const lines = (sign: string): string => Array.from({ length: 5000 }, (_, index) => `${sign}${index}`).join("\n");
    expect(lineDiff(lines("a"), lines("b")).split("\n")).toHaveLength(10_000);
  });
});
