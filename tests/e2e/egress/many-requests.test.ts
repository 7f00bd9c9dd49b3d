// An agent that asks far ahead of the answers, or everything at once: the servers see a bounded part of it, and nobody else
// is kept waiting for long.

import type { ClientHttp2Session } from "node:http2";
import { afterAll, beforeAll, expect, test } from "vitest";

import { get, openTlsTunnel } from "#tests/helpers/egress/client.ts";
import { openHttp2 } from "#tests/helpers/egress/http2.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const HOST = "a.example.com";
let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;
let asked = 0;

beforeAll(async () => {
  upstream = await startUpstream(HOST);
  upstream.on("early /never", () => void (asked += 1)); // and no answer
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: { hosts: { [HOST]: upstream.pin }, routes: [routeTo(HOST)] },
  });
  ca = await egress.ca();
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
});

const others = () => get(egress.paths.egress.socket, ca, `https://${HOST}/others`);
const refused = async () => (await egress.status()).counters.blocked;

test("three thousand requests ahead of their answers are sixteen to the server, and lose their connection", async () => {
  const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, HOST);
  tunnel.write(`GET /never HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`.repeat(3000));
  await new Promise((resolve) => tunnel.on("error", () => {}).once("close", resolve));
  expect(asked).toBeLessThanOrEqual(16);
  expect((await others()).status).toBe(200);
  await expect.poll(async () => (await egress.status()).counters.tunnels).toBe(0);
});

test("fifteen hundred at once over HTTP/2 are a thousand, and more are refused until some are over", async () => {
  asked = 0;
  const before = await refused();
  const sessions: ClientHttp2Session[] = [];
  for (let index = 0; index < 15; index += 1) {
    const session = await openHttp2(egress.paths.egress.socket, ca, HOST);
    sessions.push(session);
    for (let stream = 0; stream < 100; stream += 1)
      session
        .request({ ":path": "/never" })
        .on("error", () => {})
        .resume()
        .end();
  }
  await expect.poll(async () => (await refused()) - before, { timeout: 20_000 }).toBe(1500 - 1024);
  await expect.poll(() => asked, { timeout: 20_000 }).toBe(1024);
  const full = await others();
  expect(full.status).toBe(503);
  expect(full.json()).toMatchObject({ error: "limit_reached", rule: "requests under way" });
  for (const session of sessions) session.destroy();
  await expect.poll(async () => (await others()).status, { timeout: 20_000 }).toBe(200);
});
