// Whoever abuses HTTP/2 loses the connection, and nobody else notices: frames are written by hand.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { openTlsTunnel } from "#tests/helpers/egress/client.ts";
import { ask, type Http2Upstream, openHttp2, startHttp2Upstream } from "#tests/helpers/egress/http2.ts";
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  fields,
  frame,
  HEADERS,
  PING,
  PREFACE,
  RST_STREAM,
  SETTINGS,
} from "#tests/helpers/egress/http2-frames.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";

const HOST = "two.example.com";

let upstream: Http2Upstream;
let egress: EgressProcess;
const open: TLSSocket[] = [];

beforeAll(async () => {
  upstream = await startHttp2Upstream(HOST);
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: { hosts: { [HOST]: upstream.pin }, routes: [routeTo(HOST)] },
  });
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  // Whatever the test did, others are served, by the same process.
  const session = await openHttp2(egress.paths.egress.socket, await egress.ca(), HOST);
  const { status } = await ask(session, { ":path": "/others" });
  if (status !== 200) throw new Error(`others got ${status}`);
  session.destroy();
});

async function raw(): Promise<TLSSocket> {
  const socket = await openTlsTunnel(egress.paths.egress.socket, await egress.ca(), HOST, { protocols: ["h2"] });
  socket.on("error", () => {});
  open.push(socket);
  socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]));
  return socket;
}

const get = (path: string): Buffer =>
  fields([":method", "GET"], [":scheme", "https"], [":authority", HOST], [":path", path]);

/** `once` would fail with the socket's error. */
function closing(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** Writes the same again and again until the other side closes; fails when it never does. */
async function flood(socket: TLSSocket, next: (index: number) => Buffer): Promise<void> {
  socket.resume();
  const closed = closing(socket);
  for (let index = 0; index < 200_000 && !socket.destroyed; index += 1) {
    if (!socket.write(next(index))) await Promise.race([once(socket, "drain").catch(() => {}), closed]);
  }
  await closed;
}

/** Resident, in MB. */
async function memory(): Promise<number> {
  const status = await readFile(`/proc/${egress.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

describe("a connection is closed for", () => {
  test("streams that are reset as soon as they are opened", async () => {
    const head = get("/rapid");
    await flood(await raw(), (index) =>
      Buffer.concat([
        frame(HEADERS, END_HEADERS + END_STREAM, 2 * index + 1, head),
        frame(RST_STREAM, 0, 2 * index + 1, Buffer.from([0, 0, 0, 8])),
      ]),
    );
    expect(upstream.seen.filter(({ path }) => path === "/rapid").length).toBeLessThan(2000);
  });

  test("headers that never end", async () => {
    const socket = await raw();
    socket.write(frame(HEADERS, 0, 1, get("/endless")));
    await flood(socket, () => frame(CONTINUATION, 0, 1, fields(["x-more", "v".repeat(100)])));
    expect(upstream.seen.some(({ path }) => path === "/endless")).toBe(false);
  });

  test("a frame that is no frame, and it is in the log", async () => {
    const socket = await raw();
    const closed = closing(socket);
    socket.resume();
    socket.write(frame(DATA, 0, 0, Buffer.from("data of no stream")));
    await closed;
    await expect
      .poll(async () => (await egress.status()).recent.map(({ rule }) => rule).join("\n"))
      .toContain("plain HTTP/2");
  });

  test("not speaking HTTP/2 after having agreed to it", async () => {
    const socket = await openTlsTunnel(egress.paths.egress.socket, await egress.ca(), HOST, { protocols: ["h2"] });
    const closed = closing(socket);
    socket.on("error", () => {});
    socket.resume();
    socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await closed;
    expect(upstream.seen.some(({ path }) => path === "/")).toBe(false);
  });
});

test.each([
  ["settings", () => frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 1, 0, 0]))],
  ["pings", () => frame(PING, 0, 0, Buffer.alloc(8))],
])("%s without end whose answers nobody reads cost no memory", async (_what, next) => {
  const before = await memory();
  const socket = await raw();
  socket.pause();
  const batch = Buffer.concat(Array.from({ length: 1000 }, next));
  for (let index = 0; index < 2000; index += 1) socket.write(batch);
  let written = -1;
  const stands = (): boolean => {
    const still = socket.bytesWritten - socket.writableLength === written;
    written = socket.bytesWritten - socket.writableLength;
    return socket.destroyed || still;
  };
  await expect.poll(stands, { interval: 300, timeout: 10_000 }).toBe(true);
  expect((await memory()) - before).toBeLessThan(32);
});

test("three hundred requests at once are all answered, a hundred at a time", async () => {
  let most = 0;
  let now = 0;
  upstream.on("/slow", (stream) => {
    now += 1;
    most = Math.max(most, now);
    setImmediate(() => {
      now -= 1;
      stream.respond({ ":status": 200 });
      stream.end("slow");
    });
  });
  const session = await openHttp2(egress.paths.egress.socket, await egress.ca(), HOST);
  await once(session, "remoteSettings");
  const replies = await Promise.all(Array.from({ length: 300 }, () => ask(session, { ":path": "/slow" })));
  session.destroy();
  expect(replies.every(({ status, body }) => status === 200 && body === "slow")).toBe(true);
  expect(most).toBeLessThanOrEqual(100);
});
