import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseRequest, type RawRequest, type Via } from "#sidecars/egress/policy/parse-request.ts";

const TUNNEL: Via = { kind: "tunnel", host: "api.example.com", port: 443, sni: "api.example.com" };
const FORWARD: Via = { kind: "forward" };
const raw = (target: string, ...rawHeaders: string[]): RawRequest => ({ method: "GET", target, rawHeaders });
const status = (request: RawRequest, via: Via): number | undefined => {
  const parsed = parseRequest(request, via);
  return parsed.ok ? undefined : parsed.refusal.status;
};

describe("a request in a tunnel", () => {
  test("is for the tunnel's host", () => {
    expect(parseRequest(raw("/a?b", "Host", "API.example.com."), TUNNEL)).toEqual({
      ok: true,
      request: {
        scheme: "https",
        host: "api.example.com",
        isAddress: false,
        port: 443,
        method: "GET",
        path: "/a",
        forward: "/a?b",
        rawHeaders: ["Host", "API.example.com."],
      },
    });
  });

  test("may name the same host in an absolute URL", () => {
    expect(parseRequest(raw("https://api.example.com:443/a", "Host", "api.example.com:443"), TUNNEL)).toMatchObject({
      ok: true,
    });
  });

  test.each([
    ["another Host", raw("/", "Host", "evil.com"), TUNNEL],
    ["another port in Host", raw("/", "Host", "api.example.com:8443"), TUNNEL],
    ["Host without the tunnel's port", raw("/", "Host", "api.example.com"), { ...TUNNEL, port: 8443 }],
    ["an address as Host", raw("/", "Host", "127.0.0.1"), TUNNEL],
    ["a suffix look-alike", raw("/", "Host", "xapi.example.com"), TUNNEL],
    ["a prefix look-alike", raw("/", "Host", "api.example.com.evil.com"), TUNNEL],
    ["another SNI", raw("/", "Host", "api.example.com"), { ...TUNNEL, sni: "evil.com" }],
    ["another absolute URL", raw("https://evil.com/", "Host", "api.example.com"), TUNNEL],
    ["an absolute URL of another scheme", raw("http://api.example.com/", "Host", "api.example.com"), TUNNEL],
    ["an absolute URL with another port", raw("https://api.example.com:444/", "Host", "api.example.com"), TUNNEL],
  ])("with %s is misdirected: 421", (_what, request, via) => {
    expect(status(request, via)).toBe(421);
  });
});

describe("a request to the proxy", () => {
  test("needs an absolute http URL", () => {
    expect(parseRequest(raw("http://Example.com:8080/a/../b?c", "Host", "example.com:8080"), FORWARD)).toMatchObject({
      ok: true,
      request: { scheme: "http", host: "example.com", port: 8080, path: "/b", forward: "/b?c" },
    });
    expect(parseRequest(raw("http://example.com", "Host", "example.com"), FORWARD)).toMatchObject({
      ok: true,
      request: { path: "/", port: 80 },
    });
    expect(parseRequest(raw("http://example.com?q", "Host", "example.com"), FORWARD)).toMatchObject({
      ok: true,
      request: { forward: "/?q" },
    });
  });

  test("for an address is understood, for decide to refuse", () => {
    expect(parseRequest(raw("http://0x7f.1/", "Host", "0x7f.1"), FORWARD)).toMatchObject({
      ok: true,
      request: { isAddress: true },
    });
  });

  test.each([
    ["only a path", raw("/", "Host", "example.com"), 400],
    ["an https URL", raw("https://example.com/", "Host", "example.com"), 400],
    ["another scheme", raw("ftp://example.com/", "Host", "example.com"), 400],
    ["user information", raw("http://user@example.com/", "Host", "example.com"), 400],
    ["user information that looks like a host", raw("http://allowed.com:80@evil.com/", "Host", "evil.com"), 400],
    ["a backslash after the host", raw("http://evil.com\\.allowed.com/", "Host", "allowed.com"), 400],
    ["a fragment after the host", raw("http://evil.com#.allowed.com/", "Host", "allowed.com"), 400],
    ["Host against the URL", raw("http://example.com/", "Host", "evil.com"), 421],
    ["an empty host", raw("http:///a", "Host", "a"), 400],
    ["an asterisk", raw("*", "Host", "example.com"), 400],
  ])("with %s is refused", (_what, request, expected) => {
    expect(status(request, FORWARD)).toBe(expected);
  });
});

describe("any request", () => {
  const host = ["Host", "api.example.com"] as const;
  test.each([
    ["two Hosts", ["Host", "api.example.com", "host", "api.example.com"]],
    ["no Host", []],
    ["an empty Host", ["Host", ""]],
    ["user information in Host", ["Host", "user@api.example.com"]],
    ["a list in Host", ["Host", "api.example.com, evil.com"]],
    ["two Content-Lengths", [...host, "Content-Length", "3", "content-length", "3"]],
    ["a signed Content-Length", [...host, "Content-Length", "+3"]],
    ["a listed Content-Length", [...host, "Content-Length", "3, 3"]],
    ["a hexadecimal Content-Length", [...host, "Content-Length", "0x3"]],
    ["a huge Content-Length", [...host, "Content-Length", "9".repeat(20)]],
    ["both lengths", [...host, "Content-Length", "3", "Transfer-Encoding", "chunked"]],
    ["two Transfer-Encodings", [...host, "Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"]],
    ["another Transfer-Encoding", [...host, "Transfer-Encoding", "gzip, chunked"]],
    ["a disguised Transfer-Encoding", [...host, "Transfer-Encoding", "xchunked"]],
    ["two Authorizations", [...host, "Authorization", "a", "AUTHORIZATION", "b"]],
  ])("with %s is refused: 400", (_what, rawHeaders) => {
    expect(status({ method: "GET", target: "/", rawHeaders }, TUNNEL)).toBe(400);
  });

  test.each(["TRACE", "TRACK", "CONNECT"])("with %s is refused: 405", (method) => {
    expect(status({ method, target: "/", rawHeaders: [...host] }, TUNNEL)).toBe(405);
  });

  test.each(["get", "GE T", "", "GET\u0000", "M-SEARCH", "G".repeat(21)])(
    "with the method %j is refused: 400",
    (method) => {
      expect(status({ method, target: "/", rawHeaders: [...host] }, TUNNEL)).toBe(400);
    },
  );

  test("that passes is for exactly the tunnel's host, whatever it says", () => {
    const text = fc.oneof(
      fc.webAuthority(),
      fc.constantFrom("api.example.com", "API.EXAMPLE.COM.", "evil.com", "api.example.com:443"),
      fc.string({ unit: "binary" }),
    );
    const target = fc.oneof(
      fc.webUrl(),
      fc.webPath(),
      text.map((authority) => `https://${authority}/x`),
      fc.string(),
    );
    fc.assert(
      fc.property(text, target, (hostText, url) => {
        const parsed = parseRequest(raw(url, "Host", hostText), TUNNEL);
        if (parsed.ok)
          expect(parsed.request).toMatchObject({
            host: "api.example.com",
            port: 443,
            scheme: "https",
            isAddress: false,
          });
        else expect([400, 421]).toContain(parsed.refusal.status);
      }),
      { numRuns: 3000 },
    );
  });
});
