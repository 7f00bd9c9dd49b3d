// Servers that die or lie, and bytes that only look like an answer: the client gets a whole answer, a broken one that it can
// see is broken, or a 502; never what belongs to another request.

import { once } from "node:events";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import { testAuthority } from "#tests/helpers/egress/authority.ts";
import { get, openTlsTunnel, over, raw } from "#tests/helpers/egress/client.ts";
import { memoryOf } from "#tests/helpers/egress/memory.ts";
import { ask, openHttp2 } from "#tests/helpers/egress/http2.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";

const HOST = "a.example.com";
const TOKEN = "token-of-the-route";

let server: Server;
let egress: EgressProcess;
let ca: string;
/** Plays each connection's first bytes of a request. */
let play: (socket: TLSSocket, request: string) => void;
const open = new Set<TLSSocket>();
/** Request lines of all connections, in order. */
let asked: string[] = [];

beforeAll(async () => {
  const authority = await testAuthority();
  server = createServer(await authority.issue(HOST), (socket: TLSSocket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    socket.on("data", (data) => {
      const text = data.toString("latin1");
      const line = /^[A-Z]+ \S+(?= HTTP)/.exec(text)?.[0];
      if (line !== undefined) asked.push(line);
      play(socket, text);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  egress = await startEgress({
    upstreamCa: authority.cert,
    tokens: { EGRESS_TOKEN_0: TOKEN },
    table: {
      hosts: { [HOST]: `127.0.0.1:${(server.address() as AddressInfo).port}` },
      routes: [routeTo(HOST, { auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } })],
    },
  });
  ca = await egress.ca();
});
afterAll(async () => {
  await egress.remove();
  for (const socket of open) socket.destroy();
  server.close();
});
beforeEach(() => {
  asked = [];
});
/** Whatever the server did, the next request is answered by the same process. */
afterEach(async () => {
  for (const socket of open) socket.destroy();
  play = answers("fine");
  await vi.waitFor(async () => {
    if ((await ask1()).body !== "fine") throw new Error("the next request is not answered");
  });
});

const answers = (body: string) => (socket: TLSSocket) => void socket.write(answer(body));
const answer = (body: string, headers = ""): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;
const ask1 = (path = "/", how: Parameters<typeof get>[3] = {}) =>
  get(egress.paths.egress.socket, ca, `https://${HOST}${path}`, how);

describe("a server that is killed", () => {
  test.each<[string, (socket: TLSSocket) => void]>([
    ["before it says anything", (socket) => void socket.destroy()],
    ["in the middle of its status", (socket) => void socket.end("HTTP/1.1 20")],
    ["in the middle of its head", (socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-Le")],
    ["after some of an interim answer", (socket) => void socket.end("HTTP/1.1 103 Early Hints\r\n\r\n")],
    ["instead of speaking HTTP", (socket) => void socket.end("SSH-2.0-OpenSSH_9\r\n")],
    ["speaking HTTP/2 unasked", (socket) => void socket.end(Buffer.from("000000040000000000", "hex"))],
  ])("is a 502: %s", async (_when, how) => {
    play = (socket) => how(socket);
    const reply = await ask1("/", { method: "POST", body: "once" });
    expect(reply).toMatchObject({ status: 502, headers: { "x-bottle-egress": "upstream_failed" } });
    expect(asked).toEqual(["POST /"]);
  });

  test.each<[string, string]>([
    ["with a length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"],
    ["in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
    ["in the middle of a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf"],
    ["in gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n\u001f\u008b\u0008"],
  ])("in the middle of a body is seen to be: %s", async (_how, bytes) => {
    play = (socket) => void socket.end(Buffer.from(bytes, "latin1"));
    const reply = await ask1().catch((error: Error) => error);
    if (reply instanceof Error) expect(reply.message).toMatch(/aborted|hang up|reset|closed/i);
    else expect(reply.status).toBe(502);
    const session = await openHttp2(egress.paths.egress.socket, ca, HOST);
    const second = await ask(session, { ":path": "/" }).catch((error: Error) => error);
    if (!(second instanceof Error)) expect(second.status).toBe(502);
    session.destroy();
  });

  test("in the middle of an upload ends it, with a 502 or a broken connection", async () => {
    play = (socket) => void socket.destroy();
    const body = Buffer.alloc(20_000_000, "x");
    const reply = await ask1("/up", { method: "POST", body }).catch((error: Error) => error);
    if (!(reply instanceof Error)) expect(reply.status).toBe(502);
    expect(asked.filter((line) => line === "POST /up")).toHaveLength(1);
  });

  test("may answer before an upload is over, and the client hears it", async () => {
    let first = true;
    play = (socket) => {
      if (first) socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
      first = false;
    };
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, HOST);
    const head = `POST /up HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5000000\r\n\r\n${"x".repeat(2_000_000)}`;
    expect(await raw(tunnel, head, /413 /)).toMatch(/^HTTP\/1\.1 413 /);
    tunnel.destroy();
  });
});

describe("a server that lies about where its answer ends", () => {
  const EVIL = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

  test("has nothing of a second answer given to the next request", async () => {
    play = (socket, request) =>
      void socket.write(request.startsWith("GET /first") ? answer("one") + EVIL : answer("two"));
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, HOST);
    const headers = { host: HOST };
    expect((await over(tunnel, "/first", { headers })).body).toBe("one");
    expect((await over(tunnel, "/second", { headers })).body).not.toBe("evil");
    expect((await ask1("/third")).body).not.toBe("evil");
    tunnel.destroy();
  });

  test("cannot put an answer into the pool before anybody asks", async () => {
    play = (socket) => void socket.write(answer("one"));
    await ask1();
    const spoken = [...open];
    expect(spoken).not.toHaveLength(0);
    const closed = Promise.all(spoken.map((socket) => once(socket, "close")));
    for (const socket of spoken) socket.write(EVIL);
    await closed; // by the proxy: nothing else closes it
    play = answers("two");
    expect((await ask1("/next")).body).toBe("two");
  });

  test.each([
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\none"],
    ["both lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n"],
    ["a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\none"],
    ["a folded header", "HTTP/1.1 200 OK\r\nX: 1\r\n Set-Cookie: a=1\r\nContent-Length: 3\r\n\r\none"],
    ["bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 3\n\none"],
    ["a bare carriage return", "HTTP/1.1 200 OK\r\nX: 1\rSet-Cookie: a=1\r\nContent-Length: 3\r\n\r\none"],
    ["a NUL in a header", "HTTP/1.1 200 OK\r\nX: \u0000\r\nContent-Length: 3\r\n\r\none"],
    ["a disguised chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\nContent-Length: 3\r\n\r\none"],
    [
      "an unasked change of protocol",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\nraw",
    ],
    ["a change to no protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ["nothing but interim answers", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000)],
    ["a head without end", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(1_000_000)}`],
    ["headers without number", `HTTP/1.1 200 OK\r\n${"X-A: 1\r\n".repeat(50_000)}\r\n`],
  ])("is a 502: %s", async (_what, bytes) => {
    play = (socket) => void socket.write(Buffer.from(bytes, "latin1"));
    expect(await ask1()).toMatchObject({ status: 502, headers: { "x-bottle-egress": "upstream_failed" } });
  });

  test.each([
    [54_000, "200"],
    [67_500, "502"],
  ])("may have a head of up to 64 KB: with %d bytes it is a %s", async (bytes, status) => {
    play = (socket) => void socket.write(answer("one", `X-A: ${"x".repeat(529)}\r\n`.repeat(bytes / 536)));
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, HOST);
    const text = await raw(tunnel, `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, /\r\n\r\n[^]*[e}]\s*$/);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    tunnel.destroy();
  });

  test("cannot split its answer by a line end that is only written as one", async () => {
    play = (socket) => void socket.write(answer("one", "X-A: a\\r\\nSet-Cookie: b=%0d%0aX: 1\r\n"));
    const reply = await ask1();
    expect(reply.headers).not.toHaveProperty("set-cookie");
    expect(reply.headers["x-a"]).toBe("a\\r\\nSet-Cookie: b=%0d%0aX: 1");
  });

  test("cannot open another way in, or speak for the proxy", async () => {
    const more =
      'Alt-Svc: h3=":443"\r\nProxy-Authenticate: Basic\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\n';
    play = (socket) => void socket.write(answer("one", more));
    const { headers } = await ask1();
    for (const name of ["alt-svc", "proxy-authenticate", "x-hop"]) expect(headers).not.toHaveProperty(name);
  });
});

describe("a server that floods", () => {
  test("with interim answers does not fill the proxy", async () => {
    play = (socket) =>
      void socket.write(`${"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(20_000)}${answer("at last")}`);
    const before = await memoryOf(egress.pid);
    expect((await ask1()).status).toBe(502);
    expect((await memoryOf(egress.pid)) - before).toBeLessThan(40 * 1_048_576);
  });

  test.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
  ])("with a bomb of %s does not fill the proxy", async (coding, compress) => {
    const bomb = compress(Buffer.alloc(256 * 1_048_576));
    play = (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${bomb.length}\r\n\r\n`);
      socket.write(bomb);
    };
    await ask1("/warm").catch(() => {});
    const before = await memoryOf(egress.pid);
    const reply = await ask1("/bomb").catch((error: Error) => error);
    if (!(reply instanceof Error) && reply.status === 200) expect(reply.body.length).toBeLessThan(256 * 1_048_576);
    expect((await memoryOf(egress.pid)) - before).toBeLessThan(100 * 1_048_576);
  });
});
