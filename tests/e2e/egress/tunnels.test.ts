// Tunnels that go through as a whole, by the routes that say so; and those that nobody may use to get out otherwise.

import { once } from "node:events";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { readAuditLog } from "#lib/store/audit-log.ts";
import { connectUnix } from "#lib/unix-socket.ts";
import { connectRaw, get, openTlsTunnel, over, raw } from "#tests/helpers/egress/client.ts";
import { clientHello, extension, inRecords, serverNames } from "#tests/helpers/egress/client-hello.ts";
import { type EgressProcess, routeTo, startEgress, tableOf } from "#tests/helpers/egress/proxy.ts";
import { startTcpServer, type TcpServer } from "#tests/helpers/egress/tcp-server.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const PASSED = "passed.example.com";
const READ = "read.example.com";
const RAW = "raw.example.com";
const LIMITED = "limited.example.com";
const HELLO = "hello.example.com";

let upstream: TestUpstream;
/** Echoes; says so when the client has ended. */
let echo: TcpServer;
/** Keeps what it gets. */
let sink: TcpServer;
let egress: EgressProcess;
let ca: string;
let socket: string;

const received = new Map<Socket, Buffer>();

beforeAll(async () => {
  upstream = await startUpstream(PASSED, READ);
  echo = await startTcpServer((client) => {
    client.on("data", (chunk) => void client.write(chunk));
    client.on("end", () => client.end("bye"));
  });
  sink = await startTcpServer((client) => {
    received.set(client, Buffer.alloc(0));
    client.on("data", (chunk: Buffer) => void received.set(client, Buffer.concat([received.get(client)!, chunk])));
    client.on("end", () => client.end());
  });
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    tokens: { EGRESS_TOKEN_0: "the-real-token" },
    table: table(),
  });
  ca = await egress.ca();
  socket = egress.paths.egress.socket;
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
  echo.close();
  sink.close();
});

function table() {
  return tableOf({
    on_unknown_host: "block",
    hosts: { [PASSED]: upstream.pin, [READ]: upstream.pin, [RAW]: echo.pin, [LIMITED]: echo.pin, [HELLO]: sink.pin },
    routes: [
      routeTo(PASSED, { pipelock: { tls_passthrough: true } }),
      routeTo(HELLO, { pipelock: { tls_passthrough: true } }),
      routeTo("private.example.com", { pipelock: { tls_passthrough: true } }),
      routeTo(RAW, { raw_tcp: true, port: 2222 }),
      routeTo("localhost", { raw_tcp: true, port: 2222 }),
      routeTo("nowhere.example.com", { raw_tcp: true, port: 9 }),
      routeTo(LIMITED, { raw_tcp: true, port: 2222, limits: { requests_per_minute: 2, bytes_per_day: 1000 } }),
      routeTo(READ),
    ],
  });
}

const latest = async () => (await egress.status()).recent.findLast(({ open }) => open !== true);

/** TLS through a tunnel that is not opened: the server's own certificate is what the client sees. */
async function throughTls(sni: string, host = PASSED, options = {}) {
  const { connection, status, rest } = await connectRaw(socket, `${host}:443`);
  expect(`${status} ${rest}`).toMatch(/^200/);
  const secure = connectTls({ socket: connection, ca: upstream.authority.cert, servername: sni, ...options });
  await new Promise<void>((resolve, reject) => {
    secure.once("secureConnect", resolve).once("error", reject);
    secure.once("close", () => reject(new Error("closed during the handshake")));
  });
  return secure;
}

describe("a route that TLS passes through", () => {
  test("lets the client see the server's own certificate, and adds no credential", async () => {
    const secure = await throughTls(PASSED);
    expect(secure.getPeerX509Certificate()?.checkHost(PASSED)).toBe(PASSED);
    const reply = await over(secure, "/through", { headers: { host: PASSED, authorization: "Bearer of-the-agent" } });
    expect(reply.body).toBe("upstream: GET /through");
    expect(upstream.seen.at(-1)).toMatchObject({ headers: { authorization: "Bearer of-the-agent" } });
    secure.destroy();
    await expect.poll(latest).toMatchObject({
      method: "CONNECT",
      protocol: "tcp",
      verdict: "allow",
      host: PASSED,
      port: 443,
      status: 200,
      rule: expect.stringContaining("passed through"),
    });
    const record = await latest();
    expect(record?.bytes_up).toBeGreaterThan(300);
    expect(record?.bytes_down).toBeGreaterThan(300);
  });

  test.each([
    ["another name", READ, /TLS asked for read\.example\.com/],
    ["a name that begins with it", `${PASSED}.evil.example`, /TLS asked for/],
    ["no name", "", /names no server/],
  ])("refuses TLS for %s with an alert, and nothing reaches the server", async (_what, sni, reason) => {
    const before = sink.sockets.length;
    await expect(throughTls(sni, HELLO, { rejectUnauthorized: false })).rejects.toThrow(/alert|unrecognized|closed/i);
    await expect.poll(latest).toMatchObject({ verdict: "block", status: 421, rule: expect.stringMatching(reason) });
    for (const reached of sink.sockets.slice(before)) expect(received.get(reached)).toHaveLength(0);
    await expect.poll(async () => (await readAuditLog(egress.of)).at(-1)?.detail).toMatch(/CONNECT hello/);
  });

  test("is for that name in any case, and with the dot at its end", async () => {
    for (const sni of [PASSED.toUpperCase(), `${PASSED}.`]) {
      const secure = await throughTls(sni, PASSED, { checkServerIdentity: () => undefined });
      expect((await over(secure, "/", { headers: { host: PASSED } })).status).toBe(200);
      secure.destroy();
    }
  });

  test("takes a ClientHello in single bytes, and hands it on as it was", async () => {
    const { connection } = await connectRaw(socket, `${HELLO}:443`);
    const hello = inRecords(clientHello([extension(21, Buffer.alloc(200)), serverNames(HELLO)]), 7);
    connection.setNoDelay(true);
    for (const byte of hello) await new Promise((sent) => connection.write(Buffer.of(byte), sent));
    connection.write("and more");
    const expected = Buffer.concat([hello, Buffer.from("and more")]);
    await expect.poll(() => received.get(sink.sockets.at(-1)!)).toEqual(expected);
    connection.destroy();
  });

  test("takes a ClientHello of 60 KB, and of real TLS above 16 KB", async () => {
    const { connection } = await connectRaw(socket, `${HELLO}:443`);
    const hello = inRecords(clientHello([extension(21, Buffer.alloc(60_000)), serverNames(HELLO)]));
    connection.write(hello);
    await expect.poll(() => received.get(sink.sockets.at(-1)!)?.equals(hello)).toBe(true);
    connection.destroy();
    const ALPNProtocols = manyProtocols();
    const secure = await throughTls(PASSED, PASSED, { ALPNProtocols });
    expect((await over(secure, "/large", { headers: { host: PASSED } })).status).toBe(200);
    secure.destroy();
  });

  test.each([
    [
      "Encrypted Client Hello",
      () => clientHello([serverNames(HELLO), extension(0xfe0d, Buffer.alloc(9))]),
      403,
      /Encrypted/,
    ],
    ["two names", () => clientHello([serverNames(HELLO, PASSED)]), 403, /malformed/],
  ])("refuses a hello with %s", async (_what, hello, status, reason) => {
    const { connection } = await connectRaw(socket, `${HELLO}:443`);
    const answer = await raw(connection, inRecords(hello()));
    expect(Buffer.from(answer, "latin1")[0]).toBe(21); // an alert
    await expect.poll(latest).toMatchObject({ verdict: "block", status, rule: expect.stringMatching(reason) });
  });

  test("refuses what is no TLS, readably", async () => {
    const { connection } = await connectRaw(socket, `${HELLO}:443`);
    const answer = await raw(connection, "GET / HTTP/1.1\r\nHost: hello.example.com\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 403 .*X-Bottle-Egress: blocked.*TLS in tunnels/s);
  });

  test("is no way to send a plain request, nor one to another port", async () => {
    await expect(get(socket, ca, `https://${PASSED}:8443/`)).rejects.toThrow(/only port 443/);
  });

  test("dials no private address that nobody vouched for", async () => {
    const { status, rest } = await connectRaw(socket, "localhost:2222");
    expect(`${status} ${rest}`).toMatch(/^403 .*address_refused.*loopback/s);
  });
});

describe("a raw route", () => {
  test("is a plain pipe, both ways, whoever speaks first", async () => {
    const { connection, status } = await connectRaw(socket, `${RAW}:2222`);
    expect(status).toBe(200);
    expect(await raw(connection, "SSH-2.0-client\r\n", /client\r\n/)).toBe("SSH-2.0-client\r\n");
    echo.sockets.at(-1)!.end("from the server");
    expect(String((await once(connection, "data"))[0])).toBe("from the server");
    connection.end();
    await expect
      .poll(latest)
      .toMatchObject({ protocol: "tcp", verdict: "allow", bytes_up: 16, bytes_down: 31, port: 2222 });
  });

  test("sends what came right behind the CONNECT, in the same packet", async () => {
    const connection = await connectUnix(socket);
    const answer = await raw(connection, `CONNECT ${RAW}:2222 HTTP/1.1\r\nHost: ${RAW}:2222\r\n\r\nearly`, /early/);
    expect(answer).toBe("HTTP/1.1 200 Connection established\r\n\r\nearly");
    connection.destroy();
  });

  test("passes on that one side is done while the other goes on", async () => {
    const { connection } = await halfOpen(`${RAW}:2222`);
    connection.end("last words");
    let text = "";
    for await (const chunk of connection) text += String(chunk);
    expect(text).toBe("last wordsbye");
    await expect.poll(latest).toMatchObject({ bytes_up: 10, bytes_down: 13 });
  });

  test("carries megabytes unharmed, with a reader that is slow to begin", async () => {
    const before = echo.sockets.length;
    const { connection } = await halfOpen(`${RAW}:2222`);
    const sent = Buffer.alloc(8_000_000, "0123456789abcdef");
    connection.end(sent);
    // The proxy may know of the connection before the server here does.
    await expect.poll(() => echo.sockets[before]?.bytesRead, { timeout: 5000 }).toBeGreaterThan(100_000);
    const chunks: Buffer[] = [];
    for await (const chunk of connection as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(Buffer.concat([sent, Buffer.from("bye")]))).toBe(true);
  });

  test("closes the one side when the other is gone, either way", async () => {
    const first = await connectRaw(socket, `${RAW}:2222`);
    await raw(first.connection, "x", /x/);
    const server = echo.sockets.at(-1)!;
    first.connection.destroy();
    await once(server, "close");
    const second = await connectRaw(socket, `${RAW}:2222`);
    await raw(second.connection, "y", /y/);
    echo.sockets.at(-1)!.resetAndDestroy();
    await once(second.connection, "close");
    await expect.poll(async () => (await egress.status()).counters.tunnels).toBe(0);
  });

  test.each([
    ["another port", `${RAW}:2223`, 403, /only port 2222/],
    ["another port, TLS's", `${RAW}:443`, 403, /only port 2222/],
    ["a name above it", "example.com:2222", 200, /TLS only/],
    ["a name below it", `sub.${RAW}:2222`, 200, /TLS only/],
  ])("is for no more than its host and port: %s", async (_what, authority, status, reason) => {
    const before = echo.sockets.length;
    const answer = await connectRaw(socket, authority);
    expect(answer.status).toBe(status);
    expect(status === 200 ? await raw(answer.connection, "SSH-2.0-x\r\n") : answer.rest).toMatch(reason);
    expect(echo.sockets.length).toBe(before);
  });

  test("to a server that is not there says so at the CONNECT", async () => {
    await egress.setTable({ ...table(), hosts: { ...table().hosts, "nowhere.example.com": "127.0.0.1:9" } });
    const { status, rest } = await connectRaw(socket, "nowhere.example.com:9");
    expect(`${status} ${rest}`).toMatch(/^502 .*upstream_failed.*ECONNREFUSED/s);
    await expect.poll(latest).toMatchObject({ protocol: "tcp", status: 502, verdict: "block" });
  });
});

describe("limits of such a route", () => {
  test("count tunnels, and cut one that has used up its bytes", async () => {
    const first = await connectRaw(socket, `${LIMITED}:2222`);
    expect(await raw(first.connection, "x".repeat(400), /x{400}/)).toHaveLength(400);
    const second = await connectRaw(socket, `${LIMITED}:2222`);
    expect((await raw(second.connection, "y".repeat(400))).length).toBeLessThan(400);
    await expect.poll(latest).toMatchObject({ verdict: "block", rule: expect.stringContaining("bytes_per_day") });
    expect(await raw(first.connection, "z")).toBe("");
    const third = await connectRaw(socket, `${LIMITED}:2222`);
    expect(`${third.status} ${third.rest}`).toMatch(/^429 .*Retry-After: \d+.*limit_reached/s);
  });
});

describe("a table that changes", () => {
  test("closes whole tunnels that it takes back, and no others", async () => {
    const kept = await connectRaw(socket, `${RAW}:2222`);
    const passed = await throughTls(PASSED);
    const gone = once(passed, "close");
    passed.on("error", () => {});
    const all = table();
    await egress.setTable({ ...all, routes: all.routes.filter(({ host }) => host !== PASSED) });
    await gone;
    await expect.poll(latest).toMatchObject({ host: PASSED, rule: expect.stringMatching(/^revoked: /) });
    expect(await raw(kept.connection, "still", /still/)).toBe("still");
    const closed = once(kept.connection, "close");
    await egress.setTable({ ...all, routes: all.routes.filter(({ host }) => host !== RAW) });
    await closed;
    await egress.setTable(all);
  });

  test("closes tunnels that were read and pass through from now on, and the other way round", async () => {
    const read = await openTlsTunnel(socket, ca, READ);
    const gone = once(read, "close");
    const all = table();
    const others = all.routes.filter(({ host }) => host !== READ && host !== PASSED);
    await egress.setTable({
      ...all,
      routes: [...others, routeTo(READ, { pipelock: { tls_passthrough: true } }), routeTo(PASSED)],
    });
    await gone;
    expect((await get(socket, ca, `https://${PASSED}/`)).status).toBe(200);
    await egress.setTable(all);
  });
});

describe("a ClientHello to a tunnel that is opened", () => {
  test("may be above 16 KB, and split", async () => {
    const { connection } = await connectRaw(socket, `${READ}:443`);
    const secure = connectTls({ socket: connection, ca, servername: READ, ALPNProtocols: manyProtocols() });
    await once(secure, "secureConnect");
    expect((await over(secure, "/", { headers: { host: READ } })).status).toBe(200);
    secure.destroy();
  });
});

function manyProtocols(): string[] {
  return ["http/1.1", ...Array.from({ length: 400 }, (_, index) => `${index}`.padStart(50, "x"))];
}

async function halfOpen(authority: string): Promise<{ connection: Socket }> {
  const connection = await connectUnix(socket, { allowHalfOpen: true });
  connection.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const [answer] = (await once(connection, "data")) as [Buffer];
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\n$/s);
  connection.pause();
  return { connection };
}
