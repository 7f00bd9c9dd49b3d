// One name throughout: CONNECT, SNI, Host and URL agree on every request; and heads that two parsers could read
// differently go no further than the first.

import type { Socket } from "node:net";
import { Duplex } from "node:stream";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { readAuditLog } from "#lib/store/audit-log.ts";
import { connectUnix } from "#lib/unix-socket.ts";
import { connectRaw, openTlsTunnel, over, raw, startTls } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;
let socket: string;

beforeAll(async () => {
  upstream = await startUpstream("a.example.com", "b.example.com");
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    tokens: { EGRESS_TOKEN_0: "the-real-token" },
    table: {
      hosts: { "a.example.com": upstream.pin, "b.example.com": upstream.pin, "plain.example.com": upstream.httpPin },
      routes: [
        routeTo("a.example.com", { auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } }),
        routeTo("b.example.com"),
        routeTo("plain.example.com", { http: true }),
      ],
    },
  });
  ca = await egress.ca();
  socket = egress.paths.egress.socket;
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
});

async function nothingReached(task: () => Promise<void>): Promise<void> {
  const before = upstream.connections() + upstream.seen.length;
  await task();
  expect(upstream.connections() + upstream.seen.length).toBe(before);
}

describe("a tunnel", () => {
  test("to A with TLS for B is misdirected, though both are listed", async () => {
    await nothingReached(async () => {
      const tunnel = await openTlsTunnel(socket, ca, "a.example.com", { sni: "b.example.com" });
      for (const host of ["a.example.com", "b.example.com"]) {
        expect(
          await over(tunnel, "/", { headers: { host, connection: "keep-alive" } }).catch(() => ({ status: 421 })),
        ).toMatchObject({ status: 421 });
      }
      tunnel.destroy();
    });
  });

  test("checks Host on every request of a kept-alive connection", async () => {
    const tunnel = await openTlsTunnel(socket, ca, "a.example.com");
    expect((await over(tunnel, "/1", { headers: { host: "a.example.com" } })).status).toBe(200);
    expect((await over(tunnel, "/2", { headers: { host: "A.EXAMPLE.COM.:443" } })).status).toBe(200);
    await nothingReached(async () => {
      const reply = await over(tunnel, "/3", { headers: { host: "b.example.com" } });
      expect(reply).toMatchObject({
        status: 421,
        headers: { connection: "close", "x-bottle-egress": "misdirected_request" },
      });
    });
    tunnel.destroy();
  });

  test("without a server name in TLS gets no handshake", async () => {
    const { connection } = await connectRaw(socket, "a.example.com:443");
    await expect(startTls(connection, ca, "", false)).rejects.toThrow(/alert|closed|reset|disconnected/i);
    await expect
      .poll(async () => (await egress.status()).recent.at(-1))
      .toMatchObject({ method: "CONNECT", rule: expect.stringMatching(/^TLS with a server name/) });
    connection.destroy();
  });

  test("that carries no TLS is refused", async () => {
    await nothingReached(async () => {
      for (const bytes of [
        "GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n",
        "SSH-2.0-client\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      ]) {
        const { connection } = await connectRaw(socket, "a.example.com:443");
        expect(await raw(connection, bytes)).toMatch(/^HTTP\/1\.1 403 .*"rule":"TLS in tunnels"/s);
      }
    });
  });

  test("takes a ClientHello that comes in one packet with the CONNECT", async () => {
    const connection = await connectUnix(socket);
    let head: string | undefined = "CONNECT a.example.com:443 HTTP/1.1\r\nHost: a.example.com:443\r\n\r\n";
    const wire = relay(connection, (bytes, done) => {
      connection.write(head === undefined ? bytes : Buffer.concat([Buffer.from(head), bytes]), done);
      head = undefined;
    });
    const tunnel = await startTls(withoutHead(wire), ca, "a.example.com");
    expect((await over(tunnel, "/", { headers: { host: "a.example.com" } })).status).toBe(200);
    tunnel.destroy();
  });

  test("takes a ClientHello byte by byte", async () => {
    const { connection } = await connectRaw(socket, "a.example.com:443");
    const wire = relay(connection, (bytes, done) => {
      const next = (at: number): void => {
        if (at >= bytes.length) return done();
        connection.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1));
      };
      next(0);
    });
    connection.resume();
    const tunnel = await startTls(wire, ca, "a.example.com");
    expect((await over(tunnel, "/", { headers: { host: "a.example.com" } })).status).toBe(200);
    tunnel.destroy();
  });

  test("within a tunnel is refused", async () => {
    const tunnel = await openTlsTunnel(socket, ca, "a.example.com");
    expect(await raw(tunnel, "CONNECT b.example.com:443 HTTP/1.1\r\nHost: b.example.com\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 405/,
    );
  });

  test.each([
    ["another Host", "Host: b.example.com:443\r\n", 421],
    ["another port in Host", "Host: a.example.com:444\r\n", 421],
    ["two Hosts", "Host: a.example.com\r\nHost: a.example.com\r\n", 400],
  ])("whose CONNECT has %s is refused", async (_what, headers, expected) => {
    const { status, connection } = await connectRaw(socket, "a.example.com:443", headers);
    expect(status).toBe(expected);
    connection.destroy();
  });

  test.each([
    "a.example.com",
    "a.example.com:0",
    "a.example.com:99999",
    "user@a.example.com:443",
    "a.example.com:443:443",
    "_egress.local:443",
  ])("to %s is refused", async (authority) => {
    const { status, connection } = await connectRaw(socket, authority, "");
    expect([400, 403]).toContain(status);
    connection.destroy();
  });

  test("may name itself in an absolute URL, and no other", async () => {
    const tunnel = await openTlsTunnel(socket, ca, "a.example.com");
    const headers = { host: "a.example.com" };
    expect((await over(tunnel, "https://a.example.com/x", { headers })).body).toBe("upstream: GET /x");
    expect((await over(tunnel, "https://b.example.com/x", { headers })).status).toBe(421);
    tunnel.destroy();
  });
});

describe("a head that could be read in two ways", () => {
  const heads: [string, string][] = [
    ["two Hosts", "GET / HTTP/1.1\r\nHost: a.example.com\r\nHost: b.example.com\r\n\r\n"],
    ["no Host", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n"],
    [
      "two Content-Lengths",
      "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ],
    [
      "equal Content-Lengths",
      "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
    ],
    [
      "both lengths",
      "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.example.com\r\n\r\n",
    ],
    ["a disguised chunked", "POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    [
      "chunked that is not last",
      "POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ],
    [
      "a tab before the colon",
      "POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["a blank before the colon", "GET / HTTP/1.1\r\nHost : a.example.com\r\n\r\n"],
    ["a folded header", "GET / HTTP/1.1\r\nHost: a.example.com\r\nX-A: 1\r\n Host: b.example.com\r\n\r\n"],
    ["bare line feeds", "GET / HTTP/1.1\nHost: a.example.com\n\n"],
    ["a bare carriage return", "GET / HTTP/1.1\r\nHost: a.example.com\rX: 1\r\n\r\n"],
    ["a signed length", "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: +1\r\n\r\na"],
    ["a negative length", "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: -1\r\n\r\na"],
    ["a NUL in a header", "GET / HTTP/1.1\r\nHost: a.example.com\r\nX: a\u0000b\r\n\r\n"],
    ["a blank in the target", "GET /a b HTTP/1.1\r\nHost: a.example.com\r\n\r\n"],
    ["HTTP/0.9", "GET /\r\n\r\n"],
    ["an unknown version", "GET / HTTP/3.7\r\nHost: a.example.com\r\n\r\n"],
    [
      "a broken chunk size",
      "POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
    ],
  ];
  test.each(heads)("is refused: %s", async (_what, bytes) => {
    const before = upstream.seen.length;
    const tunnel = await openTlsTunnel(socket, ca, "a.example.com");
    const answer = await raw(tunnel, bytes, /"reason"/);
    expect(answer).toMatch(/^HTTP\/1\.1 (400|421|431|502) /);
    expect(answer).not.toContain("upstream:");
    expect(upstream.seen.length).toBe(before);
    tunnel.destroy();
  });

  test("is refused when it is too large: 431", async () => {
    const tunnel = await openTlsTunnel(socket, ca, "a.example.com");
    const bytes = `GET / HTTP/1.1\r\nHost: a.example.com\r\nX: ${"x".repeat(80_000)}\r\n\r\n`;
    expect(await raw(tunnel, bytes, /"reason"/)).toMatch(/^HTTP\/1\.1 431 /);
    tunnel.destroy();
  });

  test("is refused to the proxy itself just so", async () => {
    const connection = await connectUnix(socket);
    const bytes = "GET http://plain.example.com/ HTTP/1.1\r\nHost: evil.com\r\n\r\n";
    expect(await raw(connection, bytes, /"reason"/)).toMatch(/^HTTP\/1\.1 421 /);
    connection.destroy();
  });

  test("does not hide a second request: what follows is checked like the first", async () => {
    const tunnel = await openTlsTunnel(socket, ca, "b.example.com");
    const two = "GET /first HTTP/1.1\r\nHost: b.example.com\r\n\r\nGET /second HTTP/1.1\r\nHost: a.example.com\r\n\r\n";
    const answer = await raw(tunnel, two, /"reason"/);
    expect(answer).toContain("upstream: GET /first");
    expect(answer).toContain("HTTP/1.1 421");
    expect(upstream.seen.at(-1)).toMatchObject({ url: "/first" });
    tunnel.destroy();
  });
});

describe("Expect: 100-continue", () => {
  test("is answered once the request is cleared", async () => {
    upstream.on("/upload", (_request, response, body) => void response.end(`got ${body}`));
    const tunnel = await openTlsTunnel(socket, ca, "b.example.com");
    const head = "POST /upload HTTP/1.1\r\nHost: b.example.com\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    expect(await raw(tunnel, head, /100 Continue\r\n\r\n/)).toMatch(/^HTTP\/1\.1 100 /);
    expect(await raw(tunnel, "abc", /got abc/)).toMatch(/^HTTP\/1\.1 200 /);
    tunnel.destroy();
  });

  test("is refused without asking for the body", async () => {
    const tunnel = await openTlsTunnel(socket, ca, "c.example.com");
    const head = "POST /upload HTTP/1.1\r\nHost: c.example.com\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    const answer = await raw(tunnel, head);
    expect(answer).toMatch(/^HTTP\/1\.1 403 .*connection: close/is);
  });
});

describe("what Node would refuse by itself", () => {
  const opened = {
    "in a tunnel": () => openTlsTunnel(socket, ca, "a.example.com"),
    "to the proxy": () => connectUnix(socket),
  };
  const where = Object.keys(opened) as (keyof typeof opened)[];
  const head = (at: keyof typeof opened): string =>
    at === "in a tunnel"
      ? "GET / HTTP/1.1\r\nHost: a.example.com\r\n"
      : "GET http://plain.example.com/ HTTP/1.1\r\nHost: plain.example.com\r\n";
  const blockedWith = async (status: number): Promise<number> =>
    (await egress.status()).recent.filter((request) => request.status === status).length;

  test.each(where.flatMap((at) => ["nonsense", "100-continue, more"].map((value) => [at, value] as const)))(
    "(%s, Expect: %s) is refused by the proxy: logged and audited",
    async (at, value) => {
      const [before, reached] = [await blockedWith(417), upstream.seen.length];
      const answer = await raw(await opened[at](), `${head(at)}Expect: ${value}\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 417 .*x-bottle-egress: bad_request.*"rule":"plain Expect"/is);
      await expect.poll(() => blockedWith(417)).toBe(before + 1);
      const audited = async () =>
        (await readAuditLog(egress.of)).some(({ detail }) => /Expect asks for more/.test(detail));
      await expect.poll(audited).toBe(true);
      expect(upstream.seen.length).toBe(reached);
    },
  );

  test.each(where.flatMap((at) => [1000, 1990, 2500, 4000].map((lines) => [at, lines] as const)))(
    "(%s, %i header lines) gets 431 at once, and a line in the log",
    async (at, lines) => {
      const before = await blockedWith(431);
      const connection = await opened[at]();
      const many = Array.from({ length: lines }, (_, index) => `x${index}: yy\r\n`).join("");
      const began = performance.now();
      const answer = await raw(connection, `${head(at)}${many}\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 431 .*"reason":"Parse Error: Header overflow"/is);
      expect(performance.now() - began).toBeLessThan(1500);
      await expect.poll(() => blockedWith(431)).toBe(before + 1);
      expect(egress.output()).toMatch(/ 431 .*Header overflow/);
      connection.destroy();
    },
  );
});

/** The connection as a stream whose writes the test spells itself. */
function relay(connection: Socket, write: (bytes: Buffer, done: () => void) => void): Duplex {
  const stream = new Duplex({
    read() {},
    write: (chunk: Buffer, _encoding, done) => write(chunk, () => done()),
    destroy: (error, done) => {
      connection.destroy();
      done(error);
    },
  });
  connection.on("data", (chunk: Buffer) => stream.push(chunk));
  connection.on("close", () => stream.destroy());
  return stream;
}

/** Drops the answer to CONNECT from what is read. */
function withoutHead(stream: Duplex): Duplex {
  const push = stream.push.bind(stream);
  let before = "";
  stream.push = (chunk: Buffer) => {
    if (before.endsWith("\r\n\r\n")) return push(chunk);
    for (const [at, byte] of chunk.entries()) {
      before += String.fromCodePoint(byte);
      if (before.endsWith("\r\n\r\n")) return at + 1 < chunk.length ? push(chunk.subarray(at + 1)) : true;
    }
    return true;
  };
  return stream;
}
