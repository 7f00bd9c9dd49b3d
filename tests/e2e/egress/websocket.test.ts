// WebSockets through the real proxy: messages of every kind arrive as they were sent, and nothing else gets through.

import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WebSocket } from "ws";

import { readQueue } from "#lib/store/read-queue.ts";
import { connectUnix } from "#lib/unix-socket.ts";
import { get, openTlsTunnel, raw } from "#tests/helpers/egress/client.ts";
import { memoryOf } from "#tests/helpers/egress/memory.ts";
import { type EgressProcess, routeTo, startEgress, tableOf } from "#tests/helpers/egress/proxy.ts";
import { startTcpServer, type TcpServer } from "#tests/helpers/egress/tcp-server.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";
import { openWebSocket, serveWebSockets, type TestWebSocketServer } from "#tests/helpers/egress/websocket.ts";

const HOST = "ws.example.com";
const AUTHED = "authed.example.com";
const BLOCKING = "blocking.example.com";
const REDACTING = "redacting.example.com";
/** Looks like a token of GitHub's; made up, and not in one piece here, so that no scanner takes it for a leak. */
const SECRET = `ghp_${"aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6".slice(0, 36)}`;
const KEY = randomBytes(16).toString("base64");

let upstream: TestUpstream;
let server: TestWebSocketServer;
/** Answers a handshake byte for byte, and then what the test says. */
let plain: TcpServer;
let egress: EgressProcess;
let ca: string;
let proxy: string;

beforeAll(async () => {
  upstream = await startUpstream(HOST, AUTHED, BLOCKING, REDACTING, "new.example.com");
  server = serveWebSockets(
    upstream,
    (socket) => {
      socket.on("message", (data: Buffer, binary) => socket.send(data, { binary }));
    },
    { perMessageDeflate: true, handleProtocols: (offered) => [...offered].at(-1) ?? false },
  );
  plain = await startTcpServer((socket) => {
    socket.once("data", (head: Buffer) => void socket.write(answerTo(String(head))));
  });
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    tokens: { EGRESS_TOKEN_0: "the-real-token" },
    table: table(),
  });
  ca = await egress.ca();
  proxy = egress.paths.egress.socket;
});
afterAll(async () => {
  await egress.remove();
  server.close();
  plain.close();
  await upstream.close();
});

function table() {
  return tableOf({
    on_unknown_host: "hold",
    hosts: {
      [HOST]: upstream.pin,
      [AUTHED]: upstream.pin,
      "new.example.com": upstream.pin,
      [BLOCKING]: upstream.pin,
      [REDACTING]: upstream.pin,
      "plain.example.com": plain.pin,
    },
    routes: [
      routeTo(HOST, { path_allowlist: ["/socket", "/other"], methods: ["GET"] }),
      routeTo(AUTHED, { auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } }),
      routeTo("plain.example.com", { http: true }),
      routeTo(BLOCKING, { dlp: { outbound_on_match: "block" } }),
      routeTo(REDACTING, { dlp: { outbound_on_match: "redact" } }),
    ],
  });
}

const open = (path = "/socket", options = {}) => openWebSocket(proxy, ca, `wss://${HOST}${path}`, options);
const latest = async () => (await egress.status()).recent.findLast((one) => one.open !== true);

describe("messages", () => {
  test("of text and of bytes go both ways, in order", async () => {
    const { socket, next, closed } = await open();
    const sent = ["", "one", "zwei ü", Buffer.from([0, 255, 1]), "x".repeat(70_000), Buffer.alloc(300, 7)];
    for (const one of sent) socket.send(one);
    for (const one of sent) {
      const { data, isBinary } = await next();
      expect(isBinary).toBe(typeof one !== "string");
      expect(data.equals(Buffer.from(one))).toBe(true);
    }
    socket.close(1000, "done");
    expect(await closed).toEqual({ code: 1000, reason: "done" });
    await expect.poll(latest).toMatchObject({
      protocol: "websocket",
      verdict: "allow",
      method: "GET",
      host: HOST,
      path: "/socket",
      status: 101,
    });
    const record = await latest();
    expect(record?.bytes_up).toBeGreaterThan(70_000);
    expect(record?.bytes_down).toBeGreaterThan(70_000);
  });

  test("in fragments arrive whole, with a ping between them", async () => {
    const { socket, next, messages } = await open();
    const pong = once(socket, "pong");
    socket.send("one ", { fin: false });
    socket.ping("between");
    socket.send("two ", { fin: false });
    socket.send("three", { fin: true });
    expect(String((await next()).data)).toBe("one two three");
    expect(String((await pong)[0])).toBe("between");
    expect(messages).toHaveLength(1);
    socket.terminate();
  });

  test("of 5 MB arrive whole, many at once, with a reader that is slow to begin", async () => {
    const { socket, next, raw: connection } = await open();
    const large = randomBytes(5_000_000);
    connection.pause();
    for (let count = 0; count < 6; count += 1) socket.send(large);
    await expect.poll(() => server.sockets.at(-1)!.bufferedAmount, { timeout: 10_000 }).toBeGreaterThan(0);
    connection.resume();
    for (let count = 0; count < 6; count += 1) expect((await next()).data.equals(large)).toBe(true);
    socket.terminate();
  });

  test("of a megabyte each, a hundred of them, do not stay in the proxy", async () => {
    const { socket, next } = await open();
    const large = randomBytes(1_000_000);
    const before = await memoryOf(egress.pid);
    for (let count = 0; count < 100; count += 1) {
      socket.send(large);
      expect((await next()).data.length).toBe(1_000_000);
    }
    expect((await memoryOf(egress.pid)) - before).toBeLessThan(64e6);
    socket.terminate();
  });

  test("larger than 16 MiB end the connection with 1009, whichever side sends them", async () => {
    const fromClient = await open();
    fromClient.socket.send(Buffer.alloc(17 * 1024 * 1024));
    expect((await fromClient.closed).code).toBe(1009);
    const fromServer = await open();
    const closed = once(server.sockets.at(-1)!, "close");
    server.sockets.at(-1)!.send(Buffer.alloc(17 * 1024 * 1024));
    expect((await fromServer.closed).code).toBe(1011);
    expect((await closed)[0]).toBe(1009);
  });
});

describe("a close", () => {
  test.each([
    [1000, "bye"],
    [1001, ""],
    [4321, "of our own"],
  ])("with %i is passed on from either side", async (code, reason) => {
    const byClient = await open();
    const atServer = once(server.sockets.at(-1)!, "close");
    byClient.socket.close(code, reason);
    expect((await atServer).map(String)).toEqual([String(code), reason]);
    expect(await byClient.closed).toEqual({ code, reason });
    const byServer = await open();
    server.sockets.at(-1)!.close(code, reason);
    expect(await byServer.closed).toEqual({ code, reason });
  });

  test("without a code stays without one", async () => {
    const { closed } = await open();
    server.sockets.at(-1)!.close();
    expect((await closed).code).toBe(1005);
  });

  test("of the connection alone is one for the other side as well", async () => {
    const byServer = await open();
    server.sockets.at(-1)!.terminate();
    expect((await byServer.closed).code).toBe(1006);
    const byClient = await open();
    const atServer = once(server.sockets.at(-1)!, "close");
    byClient.socket.terminate();
    expect((await atServer)[0]).toBe(1006);
  });
});

describe("a handshake", () => {
  test("goes out with the route's credential, and without compression or the client's key", async () => {
    const headers = { authorization: "Bearer of-the-agent" };
    const { socket } = await openWebSocket(proxy, ca, `wss://${AUTHED}/any`, { headers, perMessageDeflate: true });
    const request = server.requests.at(-1)!;
    expect(request.headers).toMatchObject({ authorization: "Bearer the-real-token", upgrade: "websocket" });
    expect(request.headers).not.toHaveProperty("sec-websocket-extensions");
    expect(socket.extensions).toBe("");
    socket.terminate();
  });

  test("settles on one of the subprotocols that the client offers", async () => {
    const { socket } = await open("/socket", { protocols: ["chat", "superchat"] });
    expect(socket.protocol).toBe("superchat");
    socket.terminate();
  });

  test("is decided like any GET: path and host", async () => {
    const before = server.sockets.length;
    await expect(open("/elsewhere")).rejects.toThrow(/403/);
    expect(server.sockets.length).toBe(before);
  });

  test("is held for the operator where the host is unknown, and goes on when its route is there", async () => {
    const opening = openWebSocket(proxy, ca, "wss://new.example.com/socket");
    await expect.poll(async () => (await readQueue(egress.of)).items.length, { timeout: 10_000 }).toBe(1);
    const all = table();
    await egress.setTable({ ...all, routes: [...all.routes, routeTo("new.example.com")] });
    const { socket, next } = await opening;
    socket.send("let in");
    expect(String((await next()).data)).toBe("let in");
    socket.terminate();
    await egress.setTable(all);
  });

  test("whose server answers otherwise gets that answer", async () => {
    const bare = await startUpstream("teapot.example.com");
    bare.on("/", (_request, response) => {
      response.writeHead(418, { "x-note": "a teapot" });
      response.end("short and stout");
    });
    const all = table();
    await egress.setTable({
      ...all,
      hosts: { ...all.hosts, "teapot.example.com": bare.httpPin },
      routes: [...all.routes, routeTo("teapot.example.com", { http: true })],
    });
    const connection = await connectUnix(proxy);
    const answer = await raw(connection, handshake("http://teapot.example.com/", "teapot.example.com"));
    expect(answer).toMatch(/^HTTP\/1\.1 418 .*x-note: a teapot.*short and stout/s);
    await egress.setTable(all);
    await bare.close();
  });

  test.each([
    ["a wrong version", { "Sec-WebSocket-Version": "8" }, /Version is not 13/],
    ["a short key", { "Sec-WebSocket-Key": "c2hvcnQ=" }, /one key of 16 bytes/],
    ["a body", { "Content-Length": "4" }, /without a body/],
    ["a subprotocol that is no name", { "Sec-WebSocket-Protocol": "a b" }, /no list of names/],
  ])("with %s is refused", async (_what, headers, reason) => {
    const tunnel = await openTlsTunnel(proxy, ca, HOST);
    expect(await raw(tunnel, handshake("/socket", HOST, headers))).toMatch(
      new RegExp(`^HTTP/1\\.1 400 .*${reason.source}`, "s"),
    );
  });

  test("with frames right behind it is refused, and nothing reaches the server", async () => {
    const before = server.requests.length;
    const tunnel = await openTlsTunnel(proxy, ca, HOST);
    const bytes = Buffer.concat([Buffer.from(handshake("/socket", HOST)), frame("early")]);
    expect(await raw(tunnel, bytes)).toMatch(/^HTTP\/1\.1 400 .*behind the handshake/s);
    expect(server.requests.length).toBe(before);
  });

  test("by POST is refused", async () => {
    const tunnel = await openTlsTunnel(proxy, ca, HOST);
    expect(await raw(tunnel, handshake("/socket", HOST).replace("GET", "POST"))).toMatch(/^HTTP\/1\.1 400 /);
  });

  test.each([
    ["the wrong accept key", "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=", /Accept is wrong/],
    [
      "an extension that nobody offered",
      "Sec-WebSocket-Extensions: permessage-deflate",
      /extension that nobody offered/,
    ],
    ["a subprotocol that nobody offered", "Sec-WebSocket-Protocol: other", /subprotocol that nobody offered/],
  ])("that the server agrees to with %s fails", async (_what, line, reason) => {
    forced = line;
    const connection = await connectUnix(proxy);
    const answer = await raw(connection, handshake("http://plain.example.com/", "plain.example.com"));
    forced = "";
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 502 .*${reason.source}`, "s"));
  });

  test("over plain HTTP is carried on a route that allows it", async () => {
    const connection = await connectUnix(proxy);
    const head = await raw(connection, handshake("http://plain.example.com/", "plain.example.com"), /\r\n\r\n$/);
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).toContain(`Sec-WebSocket-Accept: ${accept(KEY)}\r\n`);
    const seen = once(plain.sockets.at(-1)!, "data");
    connection.write(frame("hello"));
    expect(((await seen)[0] as Buffer)[0]).toBe(0x81);
    const back = once(connection, "data");
    plain.sockets.at(-1)!.write(Buffer.concat([Buffer.from([0x81, 2]), Buffer.from("hi")]));
    expect((await back)[0]).toEqual(Buffer.concat([Buffer.from([0x81, 2]), Buffer.from("hi")]));
    connection.destroy();
  });
});

describe("what are no frames", () => {
  const masked = [0, 0, 0, 0];
  test.each([
    ["raw bytes", Buffer.from("SSH-2.0-OpenSSH\r\n"), 1002],
    ["an HTTP request", Buffer.from(`GET /secret HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`), 1002],
    ["a compressed frame", Buffer.from([0xc1, 0x81, ...masked, 1]), 1002],
    ["a frame without a mask", Buffer.from([0x81, 1, 97]), 1002],
    ["a reserved opcode", Buffer.from([0x83, 0x80, ...masked]), 1002],
    ["a ping in fragments", Buffer.from([0x09, 0x80, ...masked]), 1002],
    ["a close of one byte", Buffer.from([0x88, 0x81, ...masked, 3]), 1002],
    ["a fragment of nothing", Buffer.from([0x80, 0x80, ...masked]), 1002],
    ["text that is no UTF-8", Buffer.from([0x81, 0x81, ...masked, 0xff]), 1007],
    ["a length of many exabytes", Buffer.from([0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, ...masked]), 1009],
  ])("from the client ends it: %s", async (_what, bytes, code) => {
    const opened = await open();
    const atServer = server.sockets.at(-1)!;
    const ended = once(atServer, "close");
    const got: unknown[] = [];
    atServer.on("message", (data) => got.push(data));
    opened.raw.write(bytes);
    expect((await opened.closed).code).toBe(code);
    expect((await ended)[0]).toBe(1001);
    expect(got).toEqual([]);
    await expect
      .poll(latest)
      .toMatchObject({ protocol: "websocket", rule: expect.stringContaining("the client's frames are bad") });
  });

  test.each([
    ["a compressed frame", Buffer.from([0xc1, 1, 1])],
    ["a masked frame", Buffer.from([0x81, 0x81, ...masked, 97])],
    ["raw bytes", Buffer.from("220 mail.example.com\r\n")],
  ])("from the server ends it: %s", async (_what, bytes) => {
    const { closed, messages } = await open();
    server.requests.at(-1)!.socket.write(bytes);
    expect(await closed).toMatchObject({ code: 1011, reason: expect.stringContaining("the server's frames are bad") });
    expect(messages).toEqual([]);
  });
});

describe("a secret", () => {
  const wss = (host: string) => openWebSocket(proxy, ca, `wss://${host}/socket`);

  test.each([
    ["in text", (socket: WebSocket) => socket.send(`{"token": "${SECRET}"}`)],
    ["in bytes", (socket: WebSocket) => socket.send(Buffer.from(`x ${SECRET} x`))],
    ["in base64", (socket: WebSocket) => socket.send(JSON.stringify({ a: Buffer.from(SECRET).toString("base64") }))],
    [
      "over fragments",
      (socket: WebSocket) => {
        socket.send(SECRET.slice(0, 9), { fin: false });
        socket.send(SECRET.slice(9), { fin: true });
      },
    ],
    ["in a ping", (socket: WebSocket) => socket.ping(SECRET)],
    ["in the reason of a close", (socket: WebSocket) => socket.close(1000, SECRET)],
  ])("%s does not leave: both sides are closed, and it is said why", async (_where, send) => {
    const { socket, closed } = await wss(BLOCKING);
    const atServer = server.sockets.at(-1)!;
    const got: string[] = [];
    atServer.on("message", (data: Buffer) => got.push(data.toString()));
    atServer.on("ping", (data) => got.push(data.toString()));
    const ended = once(atServer, "close");
    send(socket);
    expect(await closed).toMatchObject({ code: 1008, reason: expect.stringContaining("secret_found") });
    expect((await ended)[0]).toBe(1001);
    expect(got).toEqual([]);
    await expect.poll(latest).toMatchObject({ protocol: "websocket", verdict: "block", host: BLOCKING });
    expect(JSON.stringify(await latest())).not.toContain(SECRET);
  });

  test("is starred where the route says so, and the rest goes on", async () => {
    const { socket, next } = await wss(REDACTING);
    socket.send(`my ${SECRET} is safe`);
    expect(String((await next()).data)).toBe(`my ${"*".repeat(SECRET.length)} is safe`);
    socket.terminate();
    await expect.poll(latest).toMatchObject({ protocol: "websocket", verdict: "redact", host: REDACTING });
  });

  test("of the route's own that comes back is masked", async () => {
    const { socket, next } = await openWebSocket(proxy, ca, `wss://${AUTHED}/any`);
    server.sockets.at(-1)!.send("you sent the-real-token");
    expect(String((await next()).data)).not.toContain("the-real-token");
    socket.terminate();
  });
});

describe("a rule that is taken back", () => {
  test("closes its WebSockets, and no others", async () => {
    const taken = await open("/socket");
    const atServer = once(server.sockets.at(-1)!, "close");
    const kept = await open("/other");
    const all = table();
    await egress.setTable({
      ...all,
      routes: all.routes.map((route) => (route.host === HOST ? { ...route, path_allowlist: ["/other"] } : route)),
    });
    expect(await taken.closed).toEqual({ code: 1008, reason: "ended by the egress policy" });
    expect((await atServer)[0]).toBe(1001);
    await expect.poll(latest).toMatchObject({ protocol: "websocket", rule: expect.stringMatching(/^revoked: /) });
    kept.socket.send("still");
    expect(String((await kept.next()).data)).toBe("still");
    kept.socket.terminate();
    await egress.setTable(all);
  });
});

describe("other upgrades", () => {
  test.each(["h2c", "TLS/1.2", "foo", "websocket, foo", "irc"])("to %s are not taken up", async (protocol) => {
    const tunnel = await openTlsTunnel(proxy, ca, HOST);
    const more = protocol === "h2c" ? "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n" : "";
    const answer = await raw(
      tunnel,
      `GET /socket HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\n${more}\r\n`,
      /upstream: GET \/socket/,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    const { headers } = upstream.seen.at(-1)!;
    expect(headers).not.toHaveProperty("upgrade");
    expect(headers).not.toHaveProperty("http2-settings");
    tunnel.destroy();
  });

  test("to WebSocket without Connection: Upgrade are an ordinary request", async () => {
    const reply = await get(proxy, ca, `https://${HOST}/socket`, { headers: { upgrade: "websocket" } });
    expect(reply.body).toBe("upstream: GET /socket");
    expect(upstream.seen.at(-1)?.headers).not.toHaveProperty("upgrade");
  });
});

/** Instead of the right header. */
let forced = "";

function answerTo(head: string): string {
  const key = /Sec-WebSocket-Key: (.*)\r\n/i.exec(head)?.[1] ?? "";
  const right = `Sec-WebSocket-Accept: ${accept(key)}`;
  const lines = forced.startsWith("Sec-WebSocket-Accept") ? [forced] : [right, ...(forced === "" ? [] : [forced])];
  return `HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${lines.join("\r\n")}\r\n\r\n`;
}

function accept(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

function handshake(target: string, host: string, more: Record<string, string> = {}): string {
  const headers = {
    Host: host,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
    ...more,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `GET ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** A masked text frame. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}
