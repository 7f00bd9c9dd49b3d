// What comes behind a request's body goes nowhere, and a WebSocket whose client left while the operator is asked is over.

import { once } from "node:events";

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import { openTlsTunnel, raw } from "#tests/helpers/egress/client.ts";
import { openHttp2, readHttp2 } from "#tests/helpers/egress/http2.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";
import { openWebSocket, serveWebSockets, type TestWebSocketServer } from "#tests/helpers/egress/websocket.ts";

const HOST = "api.example.com";
const SECRET = "q8zt4vx-w2lk9rb7hn5yc3m0";

let upstream: TestUpstream;
let sockets: TestWebSocketServer;
let egress: EgressProcess;
let trailers: string[];

beforeAll(async () => {
  upstream = await startUpstream(HOST);
  upstream.on("/in", (request, response) => {
    trailers.push(...request.rawTrailers);
    response.end("got it");
  });
  sockets = serveWebSockets(upstream, () => {});
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: { hosts: { [HOST]: upstream.pin }, routes: [routeTo(HOST)], hold_seconds: 120 },
    tokens: { EGRESS_SECRET_DB: SECRET },
  });
});
afterEach(() => void (upstream.seen.length = 0));
afterAll(async () => {
  await egress.remove();
  sockets.close();
  await upstream.close();
});

const long = "a long body that is not held whole ".repeat(60_000);

describe("a request with trailers goes on without them", () => {
  test.each([
    ["short", "a body"],
    ["long", long],
  ])("over HTTP/1.1, with a %s body", async (_name, body) => {
    trailers = [];
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, await egress.ca(), HOST);
    const head = `POST /in HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n`;
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\nX-Sum: ${SECRET}\r\n\r\n`;
    expect(await raw(tunnel, head + chunked, /got it/)).toContain("200 OK");
    tunnel.destroy();
    expect(trailers).toEqual([]);
    expect(upstream.seen).toMatchObject([{ body }]);
    expect(JSON.stringify(upstream.seen)).not.toContain(SECRET);
  });

  test.each([
    ["short", "a body"],
    ["long", long],
  ])("over HTTP/2, with a %s body", async (_name, body) => {
    trailers = [];
    const session = await openHttp2(egress.paths.egress.socket, await egress.ca(), HOST);
    const stream = session.request({ ":method": "POST", ":path": "/in" }, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers({ "x-sum": SECRET }));
    stream.end(body);
    expect(await readHttp2(stream)).toMatchObject({ status: 200, body: "got it" });
    session.close();
    expect(trailers).toEqual([]);
    expect(upstream.seen).toMatchObject([{ body }]);
    expect(JSON.stringify(upstream.seen)).not.toContain(SECRET);
  });
});

describe("a WebSocket whose message is put before the operator", () => {
  const held = async (): Promise<number> =>
    (await egress.status()).recent.filter(({ verdict, open }) => verdict === "hold" && open === true).length;

  test.each(["end", "destroy"] as const)("is over when its client leaves (%s)", async (how) => {
    const { socket, raw: beneath } = await openWebSocket(
      egress.paths.egress.socket,
      await egress.ca(),
      `wss://${HOST}/socket`,
    );
    socket.on("error", () => {});
    socket.send(`here it is: ${SECRET}`);
    await vi.waitFor(async () => expect(await held()).toBe(1), 5000);
    const closed = once(beneath, "close");
    beneath[how]();
    await closed;
    await vi.waitFor(async () => expect(await held()).toBe(0), 5000);
    expect((await egress.status()).recent.at(-1)).toMatchObject({ protocol: "websocket" });
  });
});
