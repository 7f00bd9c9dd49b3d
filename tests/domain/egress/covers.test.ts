import { describe, expect, test } from "vitest";

import { covers, coversHost, isUnder } from "#domain/egress/covers.ts";
import type { TableRoute } from "#domain/egress/route.ts";

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
