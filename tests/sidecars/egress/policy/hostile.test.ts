// The pure deciders under a megabyte of hostile text each: an answer, and never a throw. One that backtracks or takes the
// text apart in the square of its length would not come back within a test's time.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { RouteTable } from "#domain/egress/route.ts";
import { foldPath } from "#sidecars/egress/seen/fold-path.ts";
import { decide } from "#sidecars/egress/policy/decide.ts";
import { decideTunnel } from "#sidecars/egress/policy/decide-tunnel.ts";
import { isGitPush } from "#sidecars/egress/policy/git-push.ts";
import { inboundHeaders, outboundHeaders } from "#sidecars/egress/policy/headers.ts";
import { normaliseHost, parseAuthority } from "#sidecars/egress/policy/normalise-host.ts";
import { normalisePath } from "#sidecars/egress/policy/normalise-path.ts";
import { parseRequest, type Via } from "#sidecars/egress/policy/parse-request.ts";
import { bareValue, covered, prefixOf } from "#sidecars/egress/policy/table-index.ts";

const MEGABYTE = 1_048_576;
const PIECES = [
  "a",
  "/",
  "/a",
  "/..",
  "/.;",
  "/%2e",
  "%2f",
  "%",
  "%25",
  ":",
  "::",
  ".",
  ".1",
  "0x",
  "-",
  "-.",
  "[",
  "]",
  "@",
  ";",
  "; ",
  " ",
  "\t",
  "?",
  "&service=",
  "%73",
  "\\",
  "\u0000",
  "\u00e9",
  "\u3002",
  "\uff0e",
  "\ud800",
  "git-receive-pac",
];
const hostile = PIECES.flatMap((piece) => {
  const long = piece.repeat(Math.ceil(MEGABYTE / piece.length));
  return [long, `${long}!`, `/${long}`, `http://${long}`, `a${long}.com`].map((text) => [
    JSON.stringify(text.slice(0, 24)),
    text,
  ]);
}) as [string, string][];

const TABLE: RouteTable = {
  version: 1,
  on_unknown_host: "hold",
  hold_seconds: 1,
  hosts: {},
  routes: [
    { host: "api.example.com", path_allowlist: ["/v1", "/a/b/"], methods: ["GET"] },
    { host: "*.example.com", matches: [{ path: "/x", headers: { "x-kind": "a" } }, { methods: ["POST"] }] },
    { host: "slash.example.com", encoded_slashes: true },
  ],
};
const TUNNEL: Via = { kind: "tunnel", host: "api.example.com", port: 443, sni: "api.example.com" };
const NOW = new Date("2026-01-01T12:00:00Z");
const NONE: ReadonlySet<string> = new Set();

describe("a megabyte that begins with", () => {
  test.each(hostile)("%s gets an answer from every decider", (_what, text) => {
    expect(normaliseHost(text).kind).toBe("bad");
    expect(parseAuthority(text).kind).toBe("bad");
    const path = normalisePath(text); // of the long ones only a query is a path's
    expect(path.kind === "bad" || path.path === "/").toBe(true);
    expect(prefixOf(text)).toEqual(path.kind === "bad" ? undefined : { exact: "/", inside: "/" });
    expect(typeof bareValue(text)).toBe("string");
    expect(foldPath(`/${text}`).startsWith("/")).toBe(true);
    expect(isGitPush({ path: "/a.git/info/refs", forward: `/a.git/info/refs?${text}` })).toBe(false);
    const headers = ["Host", text, "X", text, "Connection", text];
    expect(parseRequest({ method: "GET", target: text, rawHeaders: headers }, TUNNEL).ok).toBe(false);
    const fine = parseRequest(
      { method: "GET", target: text, rawHeaders: ["Host", "api.example.com", "X", text] },
      TUNNEL,
    );
    expect(fine.ok && fine.request.path !== "/").toBe(false);
    expect(parseRequest({ method: text, target: "/", rawHeaders: ["Host", "a.b"] }, { kind: "forward" }).ok).toBe(
      false,
    );
    const request = { scheme: "https", host: "a.example.com", isAddress: false, port: 443, method: "GET" } as const;
    expect(decide({ ...request, path: `/${text}`, rawHeaders: headers }, TABLE, NOW, NONE).verdict).not.toBe("allow");
    expect(decide({ ...request, host: text, path: "/" }, TABLE, NOW, NONE).verdict).not.toBe("allow");
    expect(decideTunnel(text, 443, TABLE, NOW, NONE).kind).toBe("intercept");
    expect(outboundHeaders(headers, "h", { state: "none" }).slice(0, 2)).toEqual(["Host", "h"]);
    expect(inboundHeaders(headers, ["a-secret-value"]).length).toBeLessThanOrEqual(6);
  });

  test("ten thousand headers get an answer too", () => {
    const rawHeaders = ["Host", "api.example.com", ...Array.from({ length: 20_000 }, (_, at) => `x-${at}`)];
    expect(parseRequest({ method: "GET", target: "/v1", rawHeaders }, TUNNEL).ok).toBe(true);
    expect(outboundHeaders(rawHeaders, "h", { state: "none" })).toHaveLength(20_002);
  });
});

describe("anything at all", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.webUrl(),
    fc.webPath(),
    fc
      .array(fc.constantFrom(...PIECES, "api.example.com", "https://", "v1", "b"), { maxLength: 10 })
      .map((all) => all.join("")),
  );
  const target = fc.oneof(
    text,
    text.map((path) => `/${path}`),
    text.map((path) => `https://api.example.com/${path}`),
  );
  const rawHeaders = fc.oneof(
    fc.constant(["Host", "api.example.com"]),
    fc.array(fc.oneof(text, fc.constantFrom("Host", "content-length", "transfer-encoding", "api.example.com")), {
      maxLength: 8,
    }),
  );

  test("is parsed and decided without a throw", () => {
    fc.assert(
      fc.property(
        fc.oneof(text, fc.constant("GET")),
        target,
        rawHeaders,
        fc.boolean(),
        (method, to, headers, tunnel) => {
          const parsed = parseRequest(
            { method, target: to, rawHeaders: headers },
            tunnel ? TUNNEL : { kind: "forward" },
          );
          if (!parsed.ok) {
            expect(parsed.refusal.reason).toEqual(expect.any(String));
            return;
          }
          expect(["allow", "block", "hold"]).toContain(decide(parsed.request, TABLE, NOW, NONE).verdict);
          expect(typeof isGitPush(parsed.request)).toBe("boolean");
        },
      ),
      { numRuns: 5000 },
    );
  });

  test("that is let through reaches, by another reading of its URL, the same host under the same prefix", () => {
    const allowed = fc.oneof(
      target,
      text.map((path) => `/v1/${path}`),
      text.map((path) => `/a/b/${path}`),
      text.map((path) => `https://api.example.com/v1/${path}`),
    );
    let through = 0;
    fc.assert(
      fc.property(allowed, (to) => {
        const parsed = parseRequest({ method: "GET", target: to, rawHeaders: ["Host", "api.example.com"] }, TUNNEL);
        if (!parsed.ok || decide(parsed.request, TABLE, NOW, NONE).verdict !== "allow") return;
        through += 1;
        const url = new URL(parsed.request.forward, "https://api.example.com");
        expect(url.host).toBe("api.example.com");
        expect(url.username).toBe("");
        const read = decodeURIComponent(url.pathname);
        const prefixes = ["/v1", "/a/b/"].map((prefix) => prefixOf(prefix));
        expect(prefixes.some((prefix) => prefix !== undefined && covered(read, prefix) >= 0)).toBe(true);
        // Nor does a server that decodes again, folds backslashes or drops parameters come to another place.
        const folded = decodeURIComponent(read.replaceAll("%", "%25"))
          .replaceAll("\\", "/")
          .replaceAll(/;[^/]*/g, "");
        const again = new URL(folded.replaceAll("#", "%23").replaceAll("?", "%3F"), "https://api.example.com").pathname;
        expect(again.startsWith("/v1") || again.startsWith("/a/b/")).toBe(true);
      }),
      { numRuns: 5000 },
    );
    expect(through).toBeGreaterThan(100);
  });
});
