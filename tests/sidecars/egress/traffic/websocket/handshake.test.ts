import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  answerProblem,
  clientHeaders,
  newKey,
  readHandshake,
  switchingHead,
  upgradeHeaders,
  wantsWebSocket,
} from "#sidecars/egress/traffic/websocket/handshake.ts";

/** The example of RFC 6455. */
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const asked = (...more: string[]) =>
  readHandshake({
    method: "GET",
    httpVersion: "1.1",
    rawHeaders: ["Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", KEY, ...more],
  });
const agreed = (...more: string[]) => [
  "Upgrade",
  "websocket",
  "Connection",
  "Upgrade",
  "Sec-WebSocket-Accept",
  ACCEPT,
  ...more,
];

describe("a client's handshake", () => {
  test("is read with its subprotocols, from one header or several", () => {
    expect(asked("Sec-WebSocket-Protocol", "a, b", "sec-websocket-protocol", "c")).toEqual({
      ok: true,
      handshake: { key: KEY, protocols: ["a", "b", "c"] },
    });
  });

  test.each<[string, string[]]>([
    ["a second key", ["Sec-WebSocket-Key", KEY]],
    ["a second version", ["Sec-WebSocket-Version", "13"]],
    ["a second Upgrade", ["Upgrade", "h2c"]],
    ["a length", ["Content-Length", "1"]],
    ["a transfer encoding", ["Transfer-Encoding", "chunked"]],
    ["the same subprotocol twice", ["Sec-WebSocket-Protocol", "a, a"]],
    ["an empty subprotocol", ["Sec-WebSocket-Protocol", "a,,b"]],
  ])("with %s is refused", (_what, more) => {
    expect(asked(...more)).toMatchObject({ ok: false, refusal: { status: 400, rule: "WebSocket handshake" } });
  });

  test("is for HTTP/1.1 and GET alone", () => {
    const rawHeaders = ["Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", KEY];
    expect(readHandshake({ method: "POST", httpVersion: "1.1", rawHeaders }).ok).toBe(false);
    expect(readHandshake({ method: "GET", httpVersion: "1.0", rawHeaders }).ok).toBe(false);
  });

  test("of any bytes is read or refused, never a throw", () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom("Sec-WebSocket-Key", "Upgrade", "sec-websocket-protocol", KEY, ","),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), (rawHeaders) => {
        const read = readHandshake({ method: "GET", httpVersion: "1.1", rawHeaders });
        expect(read.ok || read.refusal.status === 400).toBe(true);
        expect(answerProblem(rawHeaders, KEY, [])).not.toBe("");
      }),
    );
  });

  test("is one for WebSocket when that is all it asks for", () => {
    expect(wantsWebSocket({ upgrade: "WebSocket" })).toBe(true);
    for (const upgrade of ["h2c", "websocket, h2c", "h2c, websocket", " websocket2", ""])
      expect(wantsWebSocket({ upgrade })).toBe(false);
    expect(wantsWebSocket({})).toBe(false);
  });
});

describe("what goes on", () => {
  test("to the server has none of the client's key, version and extensions", () => {
    const headers = ["Sec-WebSocket-Extensions", "permessage-deflate", "sec-websocket-key", KEY, "Origin", "https://x"];
    expect(clientHeaders(headers)).toEqual(["Origin", "https://x"]);
    const key = newKey();
    expect(upgradeHeaders(key)).toContain(key);
    expect(Buffer.from(key, "base64")).toHaveLength(16);
    expect(newKey()).not.toBe(key);
  });

  test("to the client is the answer to its own key, with the server's other headers", () => {
    const head = switchingHead({ key: KEY, protocols: [] }, [
      "Sec-WebSocket-Accept",
      "of the server's",
      "X-Note",
      "kept",
      "Sec-WebSocket-Extensions",
      "x",
    ]);
    expect(head).toBe(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\nX-Note: kept\r\n\r\n`,
    );
  });
});

describe("a server's agreement", () => {
  test("is taken when it answers the key, with a subprotocol that was offered", () => {
    expect(answerProblem(agreed(), KEY, [])).toBeUndefined();
    expect(answerProblem(agreed("Sec-WebSocket-Protocol", "b"), KEY, ["a", "b"])).toBeUndefined();
  });

  test.each<[string, string[], RegExp]>([
    ["another protocol", ["Upgrade", "h2c", "Connection", "Upgrade"], /another protocol/],
    ["two protocols", agreed("Upgrade", "foo"), /another protocol/],
    ["no Connection", ["Upgrade", "websocket", "Sec-WebSocket-Accept", ACCEPT], /Connection/],
    ["no accept", ["Upgrade", "websocket", "Connection", "Upgrade"], /Accept/],
    ["two accepts", agreed("Sec-WebSocket-Accept", ACCEPT), /Accept/],
    ["an extension", agreed("Sec-WebSocket-Extensions", "permessage-deflate"), /extension/],
    ["two subprotocols", agreed("Sec-WebSocket-Protocol", "a, b"), /subprotocol/],
    ["a subprotocol that was not offered", agreed("Sec-WebSocket-Protocol", "c"), /subprotocol/],
  ])("with %s is none", (_what, rawHeaders, problem) => {
    expect(answerProblem(rawHeaders, KEY, ["a", "b"])).toMatch(problem);
  });
});
