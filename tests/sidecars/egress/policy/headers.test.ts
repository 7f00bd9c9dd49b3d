import { describe, expect, test } from "vitest";

import { credentialFor, inboundHeaders, outboundHeaders } from "#sidecars/egress/policy/headers.ts";

const SLOTS = new Map([
  ["EGRESS_TOKEN_0", "s3cret-token"],
  ["EGRESS_TOKEN_1", "user:pass word"],
  ["EGRESS_TOKEN_2", "bad\r\nX-Evil: 1"],
]);
const credential = (scheme: string, slot = "EGRESS_TOKEN_0") =>
  credentialFor({ host: "h", auth: { scheme, slot } }, SLOTS);
const sent = (headers: string[], scheme?: string): string[] => {
  const given = scheme === undefined ? ({ state: "none" } as const) : credential(scheme);
  if (given.state === "missing") throw new Error("missing");
  return outboundHeaders(headers, "api.example.com", given);
};

describe("a credential", () => {
  test.each([
    ["Bearer", "EGRESS_TOKEN_0", "Authorization", "Bearer s3cret-token"],
    ["token", "EGRESS_TOKEN_0", "Authorization", "token s3cret-token"],
    ["header:X-Api-Key", "EGRESS_TOKEN_0", "X-Api-Key", "s3cret-token"],
    ["Basic", "EGRESS_TOKEN_1", "Authorization", `Basic ${Buffer.from("user:pass word").toString("base64")}`],
    ["Basic", "EGRESS_TOKEN_0", "Authorization", "Basic s3cret-token"],
  ])("of the scheme %s from %s", (scheme, slot, name, value) => {
    expect(credential(scheme, slot)).toMatchObject({ state: "header", name, value });
  });

  test("without a value, or with one that would break the head, is missing", () => {
    expect(credential("Bearer", "EGRESS_TOKEN_9")).toEqual({ state: "missing", slot: "EGRESS_TOKEN_9" });
    expect(credential("Bearer", "EGRESS_TOKEN_2")).toEqual({ state: "missing", slot: "EGRESS_TOKEN_2" });
  });

  test("is none where the route has none", () => {
    expect(credentialFor({ host: "h" }, SLOTS)).toEqual({ state: "none" });
  });
});

describe("headers that go out", () => {
  test("keep what the client sent, with the checked host first", () => {
    expect(sent(["host", "API.example.com", "Accept", "*/*", "X-A", "1", "x-a", "2", "Cookie", "c=1"])).toEqual([
      "Host",
      "api.example.com",
      "Accept",
      "*/*",
      "X-A",
      "1",
      "x-a",
      "2",
      "Cookie",
      "c=1",
    ]);
  });

  test("never carry a credential of the agent's", () => {
    const headers = [
      "Authorization",
      "Bearer mine",
      "PROXY-authorization",
      "x",
      "Proxy-Connection",
      "keep-alive",
      "proxy-anything",
      "y",
    ];
    expect(sent(headers)).toEqual(["Host", "api.example.com"]);
  });

  test("carry only the route's credential on a route that has one", () => {
    const headers = [
      "authorization",
      "Bearer mine",
      "Cookie",
      "session=mine",
      "X-API-Key",
      "mine",
      "Private-Token",
      "mine",
      "Accept",
      "a",
    ];
    expect(sent(headers, "Bearer")).toEqual([
      "Host",
      "api.example.com",
      "Accept",
      "a",
      "Authorization",
      "Bearer s3cret-token",
    ]);
    expect(sent(["x-custom-key", "mine"], "header:X-Custom-Key")).toEqual([
      "Host",
      "api.example.com",
      "X-Custom-Key",
      "s3cret-token",
    ]);
  });

  test("leave hop-by-hop headers and framing behind, those that Connection names too", () => {
    const headers = [
      "Connection",
      "close, X-Private",
      "X-Private",
      "1",
      "Keep-Alive",
      "1",
      "TE",
      "trailers",
      "Trailer",
      "x",
      "Upgrade",
      "h2c",
      "HTTP2-Settings",
      "a",
      "Transfer-Encoding",
      "chunked",
      "Content-Length",
      "3",
      "Expect",
      "100-continue",
    ];
    expect(sent(headers)).toEqual(["Host", "api.example.com"]);
  });

  test.each([
    "X-HTTP-Method-Override",
    "x-http-method",
    "X-METHOD-OVERRIDE",
    "X-Original-Method",
    "X-Original-URL",
    "X_Rewrite_URL",
    "X-Forwarded-Host",
    "Forwarded",
  ])("do not make another request of it: %s", (name) => {
    expect(sent([name, "DELETE", "Accept", "a"])).toEqual(["Host", "api.example.com", "Accept", "a"]);
  });

  test.each([
    "Content_Length",
    "Transfer_Encoding",
    "Proxy_Connection",
    "Authorization",
    "content_type",
    "Sec_Websocket_Key",
  ])("are judged in either spelling of their name: %s", (name) =>
    expect(sent([name, "1"])).toEqual(["Host", "api.example.com"]),
  );

  test("may have an underscore in their name, but not beside a credential", () => {
    expect(sent(["x_a", "1"])).toContain("x_a");
    expect(sent(["x_a", "1", "X_Api_Key", "mine"], "Bearer")).not.toContain("x_a");
    expect(sent(["Connection", "x_hop", "X-Hop", "1"])).not.toContain("X-Hop");
  });

  test("cannot lose the credential by a Connection header that names it", () => {
    expect(sent(["Connection", "authorization, host"], "Bearer")).toEqual([
      "Host",
      "api.example.com",
      "Authorization",
      "Bearer s3cret-token",
    ]);
  });
});

describe("headers that come back", () => {
  test("keep duplicates and order, and lose what was for the proxy", () => {
    const headers = [
      "Set-Cookie",
      "a=1",
      "Set-Cookie",
      "b=2",
      "Connection",
      "X-Hop",
      "X-Hop",
      "1",
      "Transfer-Encoding",
      "chunked",
      "Proxy-Authenticate",
      "Basic",
      "Content-Length",
      "3",
    ];
    expect(inboundHeaders(headers, [])).toEqual(["Set-Cookie", "a=1", "Set-Cookie", "b=2", "Content-Length", "3"]);
  });

  test("always say what the body is, whatever Connection names", () => {
    const headers = ["Content-Encoding", "gzip", "Content-Type", "text/plain", "Content-Length", "3"];
    const named = ["Connection", "content-encoding, content-type, content-length"];
    expect(inboundHeaders([...named, ...headers], [])).toEqual(headers);
  });

  test("have an echo of the credential masked", () => {
    expect(inboundHeaders(["X-Echo", "you sent Bearer s3cret-token!"], ["s3cret-token"])).toEqual([
      "X-Echo",
      "you sent Bearer ***!",
    ]);
  });
});
