// Names that are pinned to unix sockets: every kind of connection goes there, and nowhere else when the socket is not one.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { listenUnix } from "#lib/unix-socket.ts";
import { get, openTlsTunnel, over, plain } from "#tests/helpers/egress/client.ts";
import { ask, type Http2Upstream, openHttp2, startHttp2Upstream } from "#tests/helpers/egress/http2.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";
import { openWebSocket, serveWebSockets, type TestWebSocketServer } from "#tests/helpers/egress/websocket.ts";

const ONE = "one.example.com";
const TWO = "two.example.com";
const PLAIN = "plain.example.com";
const PASSED = "passed.example.com";
const MISSING = "missing.example.com";
const FILE = "file.example.com";
const FOLDER = "folder.example.com";

let folder: string;
let upstream: TestUpstream;
let http2: Http2Upstream;
let websockets: TestWebSocketServer;
let egress: EgressProcess;
let ca: string;
let proxy: string;
const doors: Server[] = [];
/** How often each socket was connected to. */
const used = new Map<string, number>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pins-"));
  upstream = await startUpstream(ONE, PASSED, PLAIN);
  http2 = await startHttp2Upstream(TWO, upstream.authority);
  websockets = serveWebSockets(upstream, (socket) => {
    socket.on("message", (data: Buffer, binary) => socket.send(data, { binary }));
  });
  await door("one", upstream.pin);
  await door("plain", upstream.httpPin);
  await door("two", http2.pin);
  writeFileSync(at("file"), "no socket");
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: {
      hosts: {
        [ONE]: `unix:${at("one")}`,
        [PASSED]: `unix:${at("one")}`,
        [PLAIN]: `unix:${at("plain")}`,
        [TWO]: `unix:${at("two")}`,
        [MISSING]: `unix:${at("missing")}`,
        [FILE]: `unix:${at("file")}`,
        [FOLDER]: `unix:${folder}`,
      },
      routes: [
        ...[ONE, TWO, MISSING, FILE, FOLDER].map((host) => routeTo(host)),
        routeTo(PLAIN, { http: true }),
        routeTo(PASSED, { pipelock: { tls_passthrough: true } }),
      ],
    },
  });
  ca = await egress.ca();
  proxy = egress.paths.egress.socket;
});
afterAll(async () => {
  await egress.remove();
  websockets.close();
  for (const server of doors) server.close();
  await http2.close();
  await upstream.close();
  rmSync(folder, { recursive: true });
});

function at(name: string): string {
  return join(folder, name);
}

/** A socket whose connections go to a server on loopback. */
async function door(name: string, pin: string): Promise<void> {
  const port = Number(pin.split(":")[1]);
  const server = createServer({ allowHalfOpen: true }, (inside: Socket) => {
    used.set(name, (used.get(name) ?? 0) + 1);
    const outside = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    for (const [from, to] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      from.on("error", () => to.destroy()).on("close", () => to.destroy());
      from.pipe(to);
    }
  });
  await listenUnix(server, at(name));
  doors.push(server);
}

describe("a name that is pinned to a socket", () => {
  test("is reached by HTTPS, with the name in the certificate and in the request", async () => {
    expect(await get(proxy, ca, `https://${ONE}/x`)).toMatchObject({ status: 200, body: "upstream: GET /x" });
    expect(upstream.seen.at(-1)?.headers["host"]).toBe(ONE);
    expect(used.get("one")).toBeGreaterThanOrEqual(1);
  });

  test("is reached by plain HTTP where the route says so", async () => {
    expect(await plain(proxy, `http://${PLAIN}/y`)).toMatchObject({ status: 200, body: "upstream: GET /y" });
    expect(used.get("plain")).toBe(1);
  });

  test("is reached by HTTP/2", async () => {
    const session = await openHttp2(proxy, ca, TWO);
    const reply = await ask(session, { ":path": "/z" });
    session.destroy();
    expect(reply.status).toBe(200);
    expect(used.get("two")).toBeGreaterThanOrEqual(1);
  });

  test("is reached by a WebSocket", async () => {
    const client = await openWebSocket(proxy, ca, `wss://${ONE}/chat`);
    client.socket.send("over a socket");
    expect(String((await client.next()).data)).toBe("over a socket");
    client.socket.close();
  });

  test("is reached by a tunnel that is passed through", async () => {
    const tunnel = await openTlsTunnel(proxy, upstream.authority.cert, PASSED);
    expect(await over(tunnel, "/through")).toMatchObject({ status: 200, body: "upstream: GET /through" });
    tunnel.destroy();
  });

  test("keeps its connections for the next request", async () => {
    await get(proxy, ca, `https://${ONE}/first`);
    const before = used.get("one");
    await get(proxy, ca, `https://${ONE}/second`);
    expect(used.get("one")).toBe(before);
  });

  test("is shown so by whoever explains a request", async () => {
    const { steps } = await egress.test(`https://${ONE}/x`);
    expect(JSON.stringify(steps)).toContain(`pinned to unix:${at("one")} by the operator`);
  });
});

describe("a pin that leads to no socket", () => {
  test.each([
    [MISSING, /ENOENT/],
    [FILE, /ECONNREFUSED|ENOTSOCK/],
    [FOLDER, /ECONNREFUSED|ENOTSOCK/],
  ])("%s is an upstream that cannot be reached, and costs nobody else anything", async (host, reason) => {
    const reply = await get(proxy, ca, `https://${host}/`);
    expect(reply.status).toBe(502);
    expect(reply.body).toMatch(reason);
    expect((await get(proxy, ca, `https://${ONE}/after`)).status).toBe(200);
  });

  test("is found again when somebody listens there", async () => {
    expect((await get(proxy, ca, `https://${MISSING}/`)).status).toBe(502);
    await door("missing", upstream.pin);
    await get(proxy, ca, `https://${MISSING}/`);
    expect(used.get("missing")).toBeGreaterThanOrEqual(1);
  });
});

test("an address of the bottle's network is one more door of the same proxy", async () => {
  const other = await startEgress({ listen: "127.0.0.4", table: {} });
  try {
    const response = await fetch("http://127.0.0.4:9099/");
    expect(response.status).toBe(400); // a proxy's own address is nothing to ask for
    await expect(fetch("http://127.0.0.5:9099/")).rejects.toThrow(/fetch failed/);
  } finally {
    await other.remove();
  }
});
