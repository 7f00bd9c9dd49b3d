// HTTP/2 to clients and to upstream servers: the same rules for each stream, trailers, back-pressure, and no way to wear
// the proxy out.

import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { get } from "#tests/helpers/egress/client.ts";
import { ask, type Http2Upstream, openHttp2, readHttp2, startHttp2Upstream } from "#tests/helpers/egress/http2.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const HOST = "two.example.com";
const OLD = "one.example.com";

let upstream: Http2Upstream;
let old: TestUpstream;
let egress: EgressProcess;
let ca: string;
const sessions: ClientHttp2Session[] = [];

const table = () => ({
  hosts: { [HOST]: upstream.pin, [OLD]: old.pin },
  routes: [
    routeTo(HOST, { auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } }),
    routeTo(OLD, { methods: ["GET", "POST"], dlp: { outbound_on_match: "block" } }),
  ],
});

beforeAll(async () => {
  old = await startUpstream(OLD);
  upstream = await startHttp2Upstream(HOST, old.authority);
  egress = await startEgress({
    upstreamCa: old.authority.cert,
    tokens: { EGRESS_TOKEN_0: "token-of-the-route" },
    table: table(),
  });
  ca = await egress.ca();
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
  await old.close();
});
afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy();
});

async function session(host = HOST): Promise<ClientHttp2Session> {
  const opened = await openHttp2(egress.paths.egress.socket, ca, host);
  sessions.push(opened);
  return opened;
}
const last = async (path: string) => (await egress.status()).recent.findLast((request) => request.path === path);

describe("a client that speaks HTTP/2", () => {
  test("reaches a server that does, with the route's credential in place of its own", async () => {
    const reply = await ask(
      await session(),
      { ":method": "POST", ":path": "/items?x=1", authorization: "Bearer mine", "x-note": "kept" },
      "hello",
    );
    expect(reply).toMatchObject({ status: 200, body: "h2 upstream: POST /items?x=1 with hello" });
    expect(upstream.seen.at(-1)?.headers).toMatchObject({
      authorization: "Bearer token-of-the-route",
      "x-note": "kept",
      ":authority": HOST,
    });
    await expect
      .poll(() => last("/items"))
      .toMatchObject({ protocol: "h2", verdict: "allow", status: 200, bytes_up: 5, method: "POST" });
  });

  test("reaches a server that speaks HTTP/1.1 only, body and all, again and again", async () => {
    const client = await session(OLD);
    old.on("/old", (_request, response, body) => response.end(`got ${body}`));
    for (let index = 0; index < 3; index += 1) {
      expect((await ask(client, { ":method": "POST", ":path": "/old" }, `body ${index}`)).body).toBe(
        `got body ${index}`,
      );
    }
    expect(old.seen.at(-1)?.headers).toMatchObject({ host: OLD });
    const withLength = await ask(client, { ":method": "POST", ":path": "/old", "content-length": "4" }, "four");
    expect(withLength.body).toBe("got four");
    expect(old.seen.at(-1)?.headers).toMatchObject({ "content-length": "4" });
  });

  test("has its cookies in one header where HTTP/1.1 goes on", async () => {
    await ask(await session(OLD), { ":path": "/cookies", cookie: ["a=1", "b=2"] });
    expect(old.seen.at(-1)?.headers["cookie"]).toBe("a=1; b=2");
  });

  test("shares one upstream connection with the others", async () => {
    await ask(await session(), { ":path": "/first" });
    const before = upstream.opened();
    const client = await session();
    await Promise.all(Array.from({ length: 50 }, (_, index) => ask(client, { ":path": `/many/${index}` })));
    expect(upstream.opened()).toBe(before);
  });

  test("may still speak HTTP/1.1 to the same host", async () => {
    const reply = await get(egress.paths.egress.socket, ca, `https://${OLD}/plain`);
    expect(reply).toMatchObject({ status: 200, body: "upstream: GET /plain" });
  });

  test("that vanishes leaves no tunnel behind", async () => {
    const before = (await egress.status()).counters.tunnels;
    const client = await session();
    await ask(client, { ":path": "/then-gone" });
    expect((await egress.status()).counters.tunnels).toBe(before + 1);
    client.destroy(); // no GOAWAY is waited for, and no TLS is ended
    await expect.poll(async () => (await egress.status()).counters.tunnels).toBe(before);
  });

  test("gets HEAD and 204 without a body", async () => {
    upstream.on("/none", (stream) => stream.respond({ ":status": 204 }, { endStream: true }));
    const client = await session();
    expect(await ask(client, { ":path": "/none" })).toMatchObject({ status: 204, body: "" });
    expect(await ask(client, { ":method": "HEAD", ":path": "/head" })).toMatchObject({ status: 200, body: "" });
  });

  test("is told to go on when it waits for that", async () => {
    const stream = (await session()).request({ ":method": "POST", ":path": "/expect", expect: "100-continue" });
    await once(stream, "continue");
    stream.end("now");
    expect((await readHttp2(stream)).body).toContain("with now");
  });
});

describe("each stream is judged", () => {
  test.each([
    ["another host on the same connection", { ":authority": OLD }, 421, "one name throughout"],
    ["another port", { ":authority": `${HOST}:8443` }, 421, "one name throughout"],
    ["a Host that differs from :authority", { ":authority": HOST, host: OLD }, 400, "one header once"],
    ["plain http", { ":scheme": "http" }, 421, "one name throughout"],
    ["an unknown scheme", { ":scheme": "gopher" }, 400, "plain target"],
    ["no path at all", { ":path": "*", ":method": "OPTIONS" }, 400, "plain target"],
    ["an ambiguous path", { ":path": "/a/%2e%2e%5cb" }, 400, "unambiguous path"],
    ["TRACE", { ":method": "TRACE" }, 405, "no TRACE, no CONNECT within a tunnel"],
    ["an Expect that asks for more", { expect: "nonsense" }, 417, "plain Expect"],
  ])("%s is refused", async (_what, headers, status, rule) => {
    const before = upstream.seen.length;
    const reply = await ask(await session(), { ":path": "/judged", ...headers });
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.body)).toMatchObject({ rule });
    expect(upstream.seen.length).toBe(before);
  });

  test.each([
    ["a path that is a URL", { ":path": `https://${HOST}/` }],
    ["user information", { ":authority": `user@${HOST}` }],
    ["a blank in the path", { ":path": "/a b" }],
    ["extended CONNECT", { ":method": "CONNECT", ":protocol": "websocket" }],
    ["a length that is wrong", { "content-length": "5" }],
  ])("%s is reset by the parser itself", async (_what, headers) => {
    const before = upstream.seen.length;
    await expect(ask(await session(), { ":path": "/judged", ...headers })).rejects.toThrow(/PROTOCOL_ERROR/);
    expect(upstream.seen.length).toBe(before);
  });

  test("CONNECT within the tunnel is refused", async () => {
    const stream = (await session()).request({ ":method": "CONNECT", ":authority": `${HOST}:443` });
    expect((await once(stream, "response"))[0]).toMatchObject({ ":status": 405 });
  });

  test("a method that no rule allows is refused with the rule, and the connection lives on", async () => {
    const client = await session(OLD);
    const refused = await ask(client, { ":method": "DELETE", ":path": "/x" });
    expect(refused).toMatchObject({ status: 403, headers: { "x-bottle-egress": "blocked" } });
    expect(JSON.parse(refused.body)).toMatchObject({ rule: "methods", host: OLD });
    expect((await ask(client, { ":path": "/x" })).status).toBe(200);
  });

  test("a refusal comes while the body is still on its way, and the rest is not wanted", async () => {
    const client = await session(OLD);
    const stream = client.request({ ":method": "PUT", ":path": "/big" });
    stream.on("error", () => {});
    stream.write(Buffer.alloc(100_000));
    const [head] = (await once(stream, "response")) as [Record<string, unknown>];
    expect(head[":status"]).toBe(403);
    let body = "";
    for await (const chunk of stream) body += String(chunk);
    expect(JSON.parse(body)).toMatchObject({ rule: "methods" });
    expect((await ask(client, { ":path": "/after" })).status).toBe(200);
  });

  test.each([
    ["a small body", "here: token-of-the-route"],
    ["a body that streams", `${"text ".repeat(400_000)} token-of-the-route`],
  ])("a secret in %s does not leave", async (_what, body) => {
    const before = old.seen.length;
    const reply = await ask(await session(OLD), { ":method": "POST", ":path": "/leak" }, body);
    expect(reply).toMatchObject({ status: 403, headers: { "x-bottle-egress": "secret_found" } });
    expect(old.seen.length).toBe(before);
    await expect.poll(() => last("/leak")).toMatchObject({ protocol: "h2", verdict: "block", status: 403 });
    expect((await last("/leak"))?.findings).toEqual([expect.objectContaining({ rule: "own:egress_token_0" })]);
  });

  test("headers too large are refused with 431", async () => {
    const client = await session();
    const large = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`x-${index}`, "a".repeat(9000)]));
    const reply = await ask(client, { ":path": "/large", ...large }).catch((error: Error) => error.message);
    expect(reply).toMatchObject({ status: 431 });
  });
});

describe("trailers", () => {
  test("come back over HTTP/2, with the credential masked", async () => {
    upstream.on("/grpc", (stream, headers) => {
      expect(headers["te"]).toBe("trailers");
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.once("wantTrailers", () =>
        stream.sendTrailers({ "grpc-status": "0", "grpc-message": "said token-of-the-route" }),
      );
      stream.end("message");
    });
    const reply = await ask(await session(), { ":path": "/grpc" });
    expect(reply).toMatchObject({ body: "message", trailers: { "grpc-status": "0", "grpc-message": "said ***" } });
  });

  test("come back from a server of HTTP/1.1", async () => {
    old.on("/trailers", (_request, response) => {
      response.writeHead(200, { trailer: "x-sum" });
      response.write("body");
      response.addTrailers({ "x-sum": "42" });
      response.end();
    });
    const reply = await ask(await session(OLD), { ":path": "/trailers" });
    expect(reply).toMatchObject({ body: "body", trailers: { "x-sum": "42" } });
  });

  test("that HTTP/2 cannot say cut that answer, and end nothing else", async () => {
    old.on("/twice", (_request, response) => {
      response.writeHead(200, { trailer: "etag" });
      response.write("body");
      response.addTrailers([
        ["etag", "a"],
        ["etag", "b"],
      ]);
      response.end();
    });
    const client = await session(OLD);
    await ask(client, { ":path": "/twice" }).catch(() => undefined);
    expect((await ask(client, { ":path": "/after" })).status).toBe(200);
  });
});

describe("a stream", () => {
  test("of events arrives one by one", async () => {
    let send: (() => void) | undefined;
    upstream.on("/events", (stream) => {
      stream.respond({ ":status": 200, "content-type": "text/event-stream" });
      let count = 0;
      send = () => void stream.write(`data: ${(count += 1)}\n\n`);
    });
    const stream = (await session()).request({ ":path": "/events" });
    await once(stream, "response");
    for (const expected of ["data: 1\n\n", "data: 2\n\n"]) {
      send?.();
      expect(String(((await once(stream, "data")) as [Buffer])[0])).toBe(expected);
    }
    await expect.poll(() => last("/events"), { timeout: 5000 }).toMatchObject({ open: true, verdict: "allow" });
    stream.close(8);
    await expect.poll(() => upstream.aborted).toContain("/events");
    await expect.poll(() => last("/events")).not.toHaveProperty("open");
  });

  test("that nobody reads is not read from upstream either, and holds up no other", async () => {
    let written = 0;
    upstream.on("/flood", (stream) => {
      stream.respond({ ":status": 200 });
      const chunk = Buffer.alloc(65_536);
      const pump = (): void => {
        while (written < 400 * 1_048_576 && !stream.destroyed) {
          written += chunk.length;
          if (!stream.write(chunk)) return void stream.once("drain", pump);
        }
      };
      pump();
    });
    const client = await session();
    const stream = client.request({ ":path": "/flood" });
    await once(stream, "response");
    let before = -1;
    const stands = (): boolean => {
      const still = written === before;
      before = written;
      return still;
    };
    await expect.poll(stands, { interval: 200, timeout: 10_000 }).toBe(true);
    expect(written).toBeLessThan(16 * 1_048_576);
    expect((await ask(client, { ":path": "/beside" })).status).toBe(200);
    stream.close(8);
    await expect.poll(() => upstream.aborted).toContain("/flood");
  });

  test("that upstream breaks off is broken off, not ended", async () => {
    upstream.on("/broken", (stream) => {
      stream.respond({ ":status": 200 });
      stream.write("half");
      setImmediate(() => stream.destroy(new Error("broken")));
    });
    await expect(ask(await session(), { ":path": "/broken" })).rejects.toThrow(/INTERNAL_ERROR/);
  });
});

describe("an upstream connection that is lost", () => {
  test("fails what is under way with 502, and the next request has a new one", async () => {
    upstream.on("/never", () => {
      for (const open of upstream.sessions) open.destroy();
    });
    const client = await session();
    expect((await ask(client, { ":method": "POST", ":path": "/never" }, "once only")).status).toBe(502);
    expect((await ask(client, { ":path": "/again" })).status).toBe(200);
  });

  test("by a GOAWAY costs no request", async () => {
    const client = await session();
    await ask(client, { ":path": "/before" });
    for (const open of upstream.sessions) open.close();
    expect((await ask(client, { ":path": "/after-goaway" })).status).toBe(200);
  });

  test("costs no request that was refused unseen, not even a POST", async () => {
    let refused = 0;
    upstream.on("/refused", (stream) => {
      if (refused++ === 0) return stream.close(7);
      stream.respond({ ":status": 200 });
      stream.end("second time");
    });
    expect((await ask(await session(), { ":method": "DELETE", ":path": "/refused" })).body).toBe("second time");
  });
});

describe("a host that is taken back", () => {
  test("ends its connections with a GOAWAY, and what is under way", async () => {
    upstream.on("/long", (stream) => {
      stream.respond({ ":status": 200 });
      stream.write("begun");
    });
    const client = await session();
    const stream = client.request({ ":path": "/long" });
    stream.on("error", () => {});
    await once(stream, "data");
    const goaway = once(client, "goaway");
    const closed = once(client, "close");
    await egress.setTable({ ...table(), routes: [] });
    await Promise.all([goaway, closed]);
    await expect.poll(() => upstream.aborted).toContain("/long");
    await expect.poll(() => last("/long")).toMatchObject({ rule: expect.stringContaining("revoked") });
    await egress.setTable(table());
  });
});
