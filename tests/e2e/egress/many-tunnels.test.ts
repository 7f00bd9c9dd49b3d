// More tunnels than there is room for: the idlest make room, nobody is kept out, and the proxy stays as it was.

import { once } from "node:events";
import type { Socket } from "node:net";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { connectUnix } from "#lib/unix-socket.ts";
import { connectRaw, get, open, openTlsTunnel, raw } from "#tests/helpers/egress/client.ts";
import { memoryOf } from "#tests/helpers/egress/memory.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startTcpServer, type TcpServer } from "#tests/helpers/egress/tcp-server.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const READ = "read.example.com";
const RAW = "raw.example.com";
const MOST = 512;

let upstream: TestUpstream;
let sink: TcpServer;
let egress: EgressProcess;
let ca: string;
let proxy: string;
const opened: Socket[] = [];

beforeAll(async () => {
  upstream = await startUpstream(READ);
  upstream.on("/stream", (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
  });
  sink = await startTcpServer((socket) => void socket.on("end", () => socket.end()).resume());
});
afterAll(async () => {
  sink.close();
  await upstream.close();
});
beforeEach(async () => {
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: {
      hosts: { [READ]: upstream.pin, [RAW]: sink.pin },
      routes: [routeTo(READ), routeTo(RAW, { raw_tcp: true, port: 2222 })],
    },
  });
  ca = await egress.ca();
  proxy = egress.paths.egress.socket;
});
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await egress.remove();
});

const ask = (path = "/") => get(proxy, ca, `https://${READ}${path}`);

/** Some at a time, as a client that leaves tunnels behind would. */
async function openMany(count: number, one: () => Promise<Socket>): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = await Promise.all(Array.from({ length: Math.min(25, count - sockets.length) }, one));
    sockets.push(...some);
  }
  for (const socket of sockets) socket.on("error", () => {}).resume();
  opened.push(...sockets);
  return sockets;
}

const openRaw = async (): Promise<Socket> => (await connectRaw(proxy, `${RAW}:2222`)).connection;
const stillOpen = (sockets: readonly Socket[]): number => sockets.filter((socket) => !socket.destroyed).length;

describe("a thousand idle tunnels", () => {
  test("cost little memory, and the oldest of them make room for those that come", async () => {
    expect((await ask()).status).toBe(200);
    const before = await memoryOf(egress.pid);
    const sockets = await openMany(1000, openRaw);
    await expect.poll(() => stillOpen(sockets)).toBe(MOST);
    expect(stillOpen(sockets.slice(-MOST))).toBe(MOST);
    expect((await egress.status()).counters.tunnels).toBe(MOST);
    expect((await memoryOf(egress.pid)) - before).toBeLessThan(40e6);
    for (let count = 0; count < 5; count += 1) expect((await ask(`/${count}`)).status).toBe(200);
  });

  test("of TLS do not end a stream that is under way, however old and silent it is", async () => {
    const streaming = await openTlsTunnel(proxy, ca, READ);
    const stream = await open(streaming, "/stream", { headers: { host: READ } });
    await once(stream, "data");
    const sockets = await openMany(600, () => openTlsTunnel(proxy, ca, READ));
    await expect.poll(() => stillOpen(sockets)).toBe(MOST - 1);
    expect(stream.destroyed).toBe(false);
    expect((await ask()).status).toBe(200);
    streaming.destroy();
  });

  test("that never say anything after their CONNECT keep nobody out", async () => {
    const sockets = await openMany(600, async () => (await connectRaw(proxy, `${READ}:443`)).connection);
    await expect.poll(() => stillOpen(sockets)).toBe(MOST);
    expect((await ask()).status).toBe(200);
  });
});

describe("where something is under way in each of them", () => {
  test("a further tunnel is refused with the reason, until one of them ends", async () => {
    const streams = await openMany(MOST, async () => {
      const tunnel = await openTlsTunnel(proxy, ca, READ);
      const stream = await open(tunnel, "/stream", { headers: { host: READ } });
      stream.on("error", () => {});
      await once(stream, "data");
      return tunnel;
    });
    const { status, rest } = await connectRaw(proxy, `${READ}:443`);
    expect(`${status} ${rest}`).toMatch(/^503 .*limit_reached.*512 tunnels are open already/s);
    const plain = await raw(
      await connectUnix(proxy),
      "GET http://_egress.local/allowlist HTTP/1.1\r\nHost: _egress.local\r\nConnection: close\r\n\r\n",
    );
    expect(plain).toMatch(/^HTTP\/1\.1 200 /);
    streams[0]!.destroy();
    await expect.poll(async () => (await egress.status()).counters.tunnels).toBeLessThan(MOST);
    expect((await ask()).status).toBe(200);
  });
});
