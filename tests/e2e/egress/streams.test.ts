// Bodies stream with back-pressure, events arrive as they are sent, and a client that leaves cancels upstream.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { connectRaw, get, open, openTlsTunnel, startTls } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;

beforeAll(async () => {
  upstream = await startUpstream("a.example.com");
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: { hosts: { "a.example.com": upstream.pin }, routes: [routeTo("a.example.com")] },
  });
  ca = await egress.ca();
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
});

const tunnel = () => openTlsTunnel(egress.paths.egress.socket, ca, "a.example.com");
const HOST = { host: "a.example.com" };

async function rss(): Promise<number> {
  const status = await readFile(`/proc/${egress.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

describe("a stream", () => {
  test("of events arrives one by one", async () => {
    let send: (() => void) | undefined;
    upstream.on("/events", (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      let count = 0;
      send = () => void response.write(`data: ${(count += 1)}\n\n`);
    });
    const stream = await open(await tunnel(), "/events", { headers: HOST });
    expect(stream.statusCode).toBe(200); // the head came before any event
    for (const expected of ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]) {
      send?.();
      const [chunk] = (await once(stream, "data")) as [Buffer];
      expect(String(chunk)).toBe(expected);
    }
    stream.socket.destroy();
    await expect.poll(() => upstream.aborted).toContain("/events");
  });

  test("that nobody reads is not read from upstream either", async () => {
    let written = 0;
    upstream.on("/flood", (_request, response) => {
      const chunk = Buffer.alloc(65_536);
      const pump = (): void => {
        while (written < 400 * 1_048_576 && !response.destroyed) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", pump);
        }
        response.end();
      };
      pump();
    });
    const stream = await open(await tunnel(), "/flood", { headers: HOST });
    stream.pause();
    let before = -1;
    await expect
      .poll(
        () => {
          const still = written === before;
          before = written;
          return still;
        },
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true);
    expect(written).toBeLessThan(32 * 1_048_576);
    stream.socket.destroy();
    await expect.poll(() => upstream.aborted).toContain("/flood");
  });

  test("of a hundred megabytes costs little memory, down and up", async () => {
    const size = 100 * 1_048_576;
    upstream.on("/down", (_request, response) => {
      response.writeHead(200, { "content-length": String(size) });
      const chunk = Buffer.alloc(65_536);
      let left = size;
      const pump = (): void => {
        while (left > 0) {
          left -= chunk.length;
          if (!response.write(chunk)) return void response.once("drain", pump);
        }
        response.end();
      };
      pump();
    });
    upstream.on("early /up", (request, response) => {
      let got = 0;
      request.on("data", (chunk: Buffer) => (got += chunk.length));
      request.on("end", () => response.end(`got ${got}`));
    });
    await get(egress.paths.egress.socket, ca, "https://a.example.com/warm");
    const before = await rss();
    const stream = await open(await tunnel(), "/down", { headers: HOST });
    let got = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) got += chunk.length;
    expect(got).toBe(size);
    const up = await get(egress.paths.egress.socket, ca, "https://a.example.com/up", {
      method: "POST",
      body: Buffer.alloc(size),
      headers: { "content-length": String(size) },
    });
    expect(up.body).toBe(`got ${size}`);
    expect((await rss()) - before).toBeLessThan(48);
    await expect
      .poll(async () => (await egress.status()).recent.at(-1))
      .toMatchObject({ path: "/up", bytes_up: size, status: 200 });
  });

  test("that ends with trailers hands them on", async () => {
    upstream.on("/trailers", (_request, response) => {
      response.writeHead(200, { trailer: "x-sum" });
      response.write("body");
      response.addTrailers({ "x-sum": "42" });
      response.end();
    });
    const stream = await open(await tunnel(), "/trailers", { headers: HOST });
    let body = "";
    for await (const chunk of stream) body += String(chunk);
    expect(body).toBe("body");
    expect(stream.trailers).toEqual({ "x-sum": "42" });
  });

  test("is shown while it lasts, once, and again when it has ended", async () => {
    let end: (() => void) | undefined;
    upstream.on("/lasting", (_request, response) => {
      response.write("begun");
      end = () => void response.end();
    });
    const stream = await open(await tunnel(), "/lasting", { headers: HOST });
    stream.resume();
    const said = async () => (await egress.status()).recent.filter(({ path }) => path === "/lasting");
    await expect.poll(said, { timeout: 5000 }).toMatchObject([{ open: true, verdict: "allow", protocol: "http/1.1" }]);
    const [{ id } = { id: -1 }] = await said();
    end?.();
    await expect.poll(said).toEqual([expect.objectContaining({ id, status: 200, bytes_down: 5 })]);
    await expect.poll(said).toEqual([expect.not.objectContaining({ open: true })]);
  });

  test("whose client leaves during the upload cancels upstream", async () => {
    let [began, aborted] = [false, false];
    upstream.on("early /slow", (request) => {
      began = true;
      request.resume();
      request.on("close", () => (aborted = !request.complete));
    });
    const connection = await tunnel();
    connection.write("POST /slow HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 10000000\r\n\r\n");
    connection.write("x".repeat(100_000));
    await expect.poll(() => began).toBe(true);
    connection.destroy();
    await expect.poll(() => aborted).toBe(true);
  });

  test("that is refused leaves nothing behind when its client goes at once", async () => {
    const tunnels = async () => (await egress.status()).counters.tunnels;
    const before = await tunnels();
    const gone = Array.from({ length: 20 }, async () => {
      const { connection } = await connectRaw(egress.paths.egress.socket, "unlisted.example.com:443");
      const secure = await startTls(connection, ca, "unlisted.example.com");
      secure.on("error", () => {});
      secure.write("PUT /slow HTTP/1.1\r\nHost: unlisted.example.com\r\nContent-Length: 10000000\r\n\r\n");
      secure.write("x".repeat(100_000));
      setImmediate(() => connection.destroy()); // what was written may be on its way, its end is not announced
    });
    await Promise.all(gone);
    await expect.poll(tunnels, { timeout: 20_000 }).toBe(before);
  });
});

describe("connections", () => {
  test("to upstream are kept and shared", async () => {
    await get(egress.paths.egress.socket, ca, "https://a.example.com/one");
    const before = upstream.connections();
    for (let index = 0; index < 5; index += 1) await get(egress.paths.egress.socket, ca, "https://a.example.com/again");
    expect(upstream.connections()).toBe(before);
  });

  test("to upstream that were closed meanwhile cost no request", async () => {
    upstream.on("/last", (_request, response) => {
      response.end("last");
      response.once("finish", () => setImmediate(() => response.socket?.destroy()));
    });
    for (let index = 0; index < 10; index += 1) {
      expect((await get(egress.paths.egress.socket, ca, "https://a.example.com/last")).status).toBe(200);
      expect((await get(egress.paths.egress.socket, ca, "https://a.example.com/next")).status).toBe(200);
    }
  });

  test("of five hundred idle tunnels leave room and no trace", async () => {
    const idle: Socket[] = [];
    while (idle.length < 500) idle.push(...(await Promise.all(Array.from({ length: 50 }, tunnel))));
    expect((await get(egress.paths.egress.socket, ca, "https://a.example.com/")).status).toBe(200);
    expect((await egress.status()).counters.open).toBeGreaterThanOrEqual(500);
    for (const connection of idle) connection.destroy();
    await expect.poll(async () => (await egress.status()).counters.open, { timeout: 10_000 }).toBe(0);
  });
});
