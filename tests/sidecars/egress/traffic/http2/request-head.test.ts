// An HTTP/2 head reads as the HTTP/1.1 head that means the same, or as one that is refused.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseRequest, type Via } from "#sidecars/egress/policy/parse-request.ts";
import { headerListSize, requestHead } from "#sidecars/egress/traffic/http2/request-head.ts";

const PLAIN = [":method", "GET", ":scheme", "https", ":authority", "a.example.com", ":path", "/x?y"];
const VIA: Via = { kind: "tunnel", host: "a.example.com", port: 443, sni: "a.example.com" };

describe("a head", () => {
  test("has its authority as Host", () => {
    expect(requestHead([...PLAIN, "x-note", "1"])).toEqual({
      method: "GET",
      target: "/x?y",
      rawHeaders: ["Host", "a.example.com", "x-note", "1"],
    });
  });

  test("says a Host that is the same only once, and one that differs as well", () => {
    expect(requestHead([...PLAIN, "host", "A.example.com"]).rawHeaders).toEqual(["Host", "a.example.com"]);
    const both = requestHead([...PLAIN, "host", "b.example.com"]);
    expect(both.rawHeaders).toEqual(["Host", "a.example.com", "host", "b.example.com"]);
    expect(parseRequest(both, VIA)).toMatchObject({ ok: false, refusal: { status: 400 } });
  });

  test("has its cookies in one", () => {
    expect(requestHead([...PLAIN, "cookie", "a=1", "x", "y", "cookie", "b=2"]).rawHeaders).toEqual([
      "Host",
      "a.example.com",
      "x",
      "y",
      "cookie",
      "a=1; b=2",
    ]);
  });

  test("of another scheme names it", () => {
    expect(requestHead(PLAIN.with(3, "http")).target).toBe("http://a.example.com/x?y");
  });

  test("is counted as HTTP/2 counts: 32 octets for each field", () => {
    expect(headerListSize(["ab", "cde"])).toBe(37);
  });
});

test("whatever stands in it, what is let through goes to the tunnel's own host", () => {
  const name = fc.constantFrom(":method", ":scheme", ":authority", ":path", "host", "cookie", "content-length", "x");
  const value = fc.oneof(
    fc.constantFrom("GET", "https", "http", "a.example.com", "a.example.com:443", "b.example.com", "/", "/x", "*"),
    fc.string({ maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 10 }), (pairs) => {
      const parsed = parseRequest(requestHead(pairs.flat()), VIA);
      if (!parsed.ok) return;
      expect(parsed.request).toMatchObject({ scheme: "https", host: "a.example.com", port: 443 });
      expect(pairs.findLast(([is]) => is === ":authority")?.[1] ?? "a.example.com").toMatch(/^a\.example\.com/i);
    }),
    { numRuns: 2000 },
  );
});
