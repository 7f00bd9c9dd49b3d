// Changes of protocol that nobody agreed to, and bytes where none belong: no way to get past the rules.

import { once } from "node:events";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { connectUnix } from "#lib/unix-socket.ts";
import { connectRaw, openTlsTunnel, raw } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startTcpServer, type TcpServer } from "#tests/helpers/egress/tcp-server.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const HOST = "a.example.com";
const PLAIN = "plain.example.com";
const RAW = "raw.example.com";
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

let upstream: TestUpstream;
let echo: TcpServer;
let egress: EgressProcess;
let ca: string;
let proxy: string;

beforeAll(async () => {
  upstream = await startUpstream(HOST);
  echo = await startTcpServer((socket) => void socket.pipe(socket));
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: {
      hosts: { [HOST]: upstream.pin, [PLAIN]: upstream.httpPin, [RAW]: echo.pin },
      routes: [
        routeTo(HOST, { path_allowlist: ["/ok"] }),
        routeTo(PLAIN, { http: true, path_allowlist: ["/ok"] }),
        routeTo(RAW, { raw_tcp: true, port: 2222 }),
      ],
    },
  });
  ca = await egress.ca();
  proxy = egress.paths.egress.socket;
});
afterAll(async () => {
  await egress.remove();
  echo.close();
  await upstream.close();
});

const answersIn = (text: string): string[] => text.match(/HTTP\/1\.1 \d{3}/g) ?? [];

async function nothingReached(task: () => Promise<void>): Promise<void> {
  const before = upstream.seen.length + echo.sockets.length;
  await task();
  expect(upstream.seen.length + echo.sockets.length).toBe(before);
}

describe("the preface of HTTP/2 without any agreement on it", () => {
  test.each([
    ["to the proxy itself", () => connectUnix(proxy), /^HTTP\/1\.1 400 /],
    ["within TLS that settled on HTTP/1.1", () => openTlsTunnel(proxy, ca, HOST), /^HTTP\/1\.1 400 /],
    ["in a tunnel, instead of TLS", async () => (await connectRaw(proxy, `${HOST}:443`)).connection, /TLS only/],
  ])("is refused: %s", async (_where, connect, answer) => {
    await nothingReached(async () => {
      expect(await raw(await connect(), PREFACE)).toMatch(answer);
    });
  });
});

describe("a CONNECT", () => {
  test.each([
    ["a length", "Content-Length: 5\r\n"],
    ["two lengths", "Content-Length: 0\r\nContent-Length: 7\r\n"],
    ["chunks", "Transfer-Encoding: chunked\r\n"],
  ])("with %s is refused: its body could be taken for the tunnel", async (_what, header) => {
    await nothingReached(async () => {
      const { rest } = await connectRaw(proxy, `${RAW}:2222`, `Host: ${RAW}:2222\r\n${header}`);
      expect(rest).toMatch(/^HTTP\/1\.1 400 /);
    });
  });

  test("that is refused reads nothing of what comes behind it", async () => {
    await nothingReached(async () => {
      const hidden = `GET http://${PLAIN}/ok HTTP/1.1\r\nHost: ${PLAIN}\r\n\r\n`;
      const answer = await raw(
        await connectUnix(proxy),
        `CONNECT ${RAW}:9999 HTTP/1.1\r\nHost: ${RAW}:9999\r\n\r\n${hidden}${hidden}`,
      );
      expect(answersIn(answer)).toEqual(["HTTP/1.1 403"]);
    });
  });

  test("behind a request that is not answered yet ends the connection: no answer gets into a tunnel", async () => {
    const before = echo.sockets.length;
    const answer = await raw(
      await connectUnix(proxy),
      `GET http://${PLAIN}/ok HTTP/1.1\r\nHost: ${PLAIN}\r\n\r\nCONNECT ${RAW}:2222 HTTP/1.1\r\nHost: ${RAW}:2222\r\n\r\necho`,
    );
    expect(answer).toBe("");
    expect(echo.sockets.length).toBe(before);
    const { recent } = await egress.status();
    expect(recent.some(({ rule }) => rule.includes("before the request ahead of it"))).toBe(true);
  });

  test("behind a request that is answered is a tunnel like any other", async () => {
    const connection = await connectUnix(proxy);
    connection.write(`GET http://${PLAIN}/ok HTTP/1.1\r\nHost: ${PLAIN}\r\n\r\n`);
    await once(connection, "data");
    const answer = await raw(connection, `CONNECT ${RAW}:2222 HTTP/1.1\r\nHost: ${RAW}:2222\r\n\r\necho`, /echo$/);
    expect(answer).toBe("HTTP/1.1 200 Connection established\r\n\r\necho");
    connection.destroy();
  });

  test("within a WebSocket handshake is none", async () => {
    await nothingReached(async () => {
      const answer = await raw(
        await connectUnix(proxy),
        `CONNECT ${RAW}:9999 HTTP/1.1\r\nHost: ${RAW}:9999\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      );
      expect(answersIn(answer)).toEqual(["HTTP/1.1 403"]);
    });
  });
});

describe("a WebSocket that is refused", () => {
  test.each([
    ["by a rule", "/elsewhere", "403"],
    ["by its server", "/ok", "426"],
  ])("%s ends its connection: what comes behind it is not read", async (_why, path, status) => {
    upstream.on("/ok", (_request, response) => void response.writeHead(426).end());
    const tunnel = await openTlsTunnel(proxy, ca, HOST);
    let answer = "";
    tunnel.on("data", (chunk) => {
      if (answer === "") tunnel.write(`GET /ok?second HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      answer += String(chunk);
    });
    tunnel.on("error", () => {});
    const ended = new Promise((resolve) => tunnel.once("close", resolve));
    tunnel.write(
      `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
    );
    await ended;
    expect(answersIn(answer)).toEqual([`HTTP/1.1 ${status}`]);
    expect(upstream.seen.some(({ url }) => url.includes("second"))).toBe(false);
  });
});
