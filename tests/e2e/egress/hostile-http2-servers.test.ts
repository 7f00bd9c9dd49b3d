// Servers of HTTP/2 that die or lie: streams that are reset, connections that go away, pushes, heads and trailers without end.

import type { ServerHttp2Stream } from "node:http2";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import {
  ask,
  type Http2Reply,
  type Http2Upstream,
  openHttp2,
  startHttp2Upstream,
} from "#tests/helpers/egress/http2.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";

const HOST = "two.example.com";
const TOKEN = "token-of-the-route";

let upstream: Http2Upstream;
let egress: EgressProcess;
let ca: string;
/** Streams that reached the server, by path. */
let reached: string[];

beforeAll(async () => {
  upstream = await startHttp2Upstream(HOST);
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    tokens: { EGRESS_TOKEN_0: TOKEN },
    table: {
      hosts: { [HOST]: upstream.pin },
      routes: [routeTo(HOST, { auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } })],
    },
  });
  ca = await egress.ca();
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
});
beforeEach(() => void (reached = []));
/** Whatever the server did, the next request is answered by the same process. */
afterEach(async () => {
  const reply = await over2("/others");
  if (reply instanceof Error || reply.status !== 200) throw new Error("others are not served");
});

function plays(path: string, play: (stream: ServerHttp2Stream) => void): string {
  upstream.on(path, (stream) => {
    reached.push(path);
    stream.on("error", () => {});
    play(stream);
  });
  return path;
}
async function over2(path: string, method = "GET", body?: Buffer): Promise<Http2Reply | Error> {
  const session = await openHttp2(egress.paths.egress.socket, ca, HOST);
  try {
    return await ask(session, { ":path": path, ":method": method }, body).catch((error: Error) => error);
  } finally {
    session.destroy();
  }
}
/** What a client sees of it: that something went wrong. */
const isBroken = (reply: Http2Reply | Error): boolean => reply instanceof Error || reply.status === 502;

describe("a stream", () => {
  test.each([
    ["NO_ERROR", 0],
    ["PROTOCOL_ERROR", 1],
    ["INTERNAL_ERROR", 2],
    ["CANCEL", 8],
    ["ENHANCE_YOUR_CALM", 11],
  ])("that is reset before its head, with %s, is a 502 or a broken stream", async (name, code) => {
    expect(await over2(plays(`/reset-${name}`, (stream) => stream.close(code)))).toSatisfy(isBroken);
  });

  test("that is reset in the middle of its body is broken", async () => {
    const path = plays("/half", (stream) => {
      stream.respond({ ":status": 200, "content-length": 100 });
      stream.write("half", () => stream.close(2));
    });
    expect(await over2(path)).toSatisfy(isBroken);
  });

  test("that is reset in the middle of an upload reaches the server once", async () => {
    const path = plays("/upload", (stream) => stream.once("data", () => stream.close(2)));
    expect(await over2(path, "POST", Buffer.alloc(2_000_000, "x"))).toSatisfy(isBroken);
    expect(reached).toEqual(["/upload"]);
  });

  test("whose body is shorter than its length is broken", async () => {
    const short = plays("/short", (stream) => {
      stream.respond({ ":status": 200, "content-length": 100 });
      stream.end("short");
    });
    expect(await over2(short)).toSatisfy(isBroken);
  });
});

describe("a connection", () => {
  test("that goes away in the middle of an answer lets it end", async () => {
    const path = plays("/going", (stream) => {
      stream.respond({ ":status": 200 });
      stream.write("first, ");
      stream.session?.goaway(0, stream.id);
      setImmediate(() => stream.end("second"));
    });
    expect(await over2(path)).toMatchObject({ status: 200, body: "first, second" });
  });

  test("that goes away with an error, having seen nothing, is a 502 or is tried once more, never endlessly", async () => {
    const path = plays("/gone", (stream) => stream.session?.goaway(2, 0));
    expect(await over2(path, "POST", Buffer.from("once"))).toSatisfy(isBroken);
    expect(reached.length).toBeLessThanOrEqual(2);
  });
});

describe("a server", () => {
  test("cannot push what nobody asked for", async () => {
    let pushed = true;
    const path = plays("/push", (stream) => {
      pushed = stream.pushAllowed;
      stream.respond({ ":status": 200 });
      stream.end("asked");
    });
    expect(await over2(path)).toMatchObject({ body: "asked" });
    expect(pushed).toBe(false);
  });

  test.each([
    ["a head", { "x-large": "x".repeat(60_000) }],
    ["many headers", Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`x-${index}`, "a"]))],
  ])("with %s without measure is a 502, or its answer arrives whole", async (name, headers) => {
    const path = plays(`/large-${name.replaceAll(" ", "-")}`, (stream) => {
      stream.respond({ ":status": 200, ...headers });
      stream.end("whole");
    });
    const reply = await over2(path);
    expect(isBroken(reply) || (reply as Http2Reply).body).toSatisfy((seen) => seen === true || seen === "whole");
  });

  test("that sends the token back in interim answers, heads and trailers has it masked", async () => {
    const path = plays("/echo", (stream) => {
      stream.additionalHeaders({ ":status": 103, link: `</${TOKEN}>` });
      stream.respond({ ":status": 200, "x-echo": TOKEN }, { waitForTrailers: true });
      stream.once("wantTrailers", () => stream.sendTrailers({ "x-sum": `b-${TOKEN}` }));
      stream.end(`body ${TOKEN}`);
    });
    const reply = await over2(path);
    expect(reply).toMatchObject({ status: 200 });
    expect(JSON.stringify(reply)).not.toContain(TOKEN);
  });
});
