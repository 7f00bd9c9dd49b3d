// Limits of routes and the bottle's budget, on the real process.

import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { connectRaw, get, open, openTlsTunnel, over } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const HOST = "a.example.com";
let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;

beforeAll(async () => {
  upstream = await startUpstream(HOST, "b.example.com");
  upstream.on("/big", (_request, response) => response.end(Buffer.alloc(200_000, 120)));
  upstream.on("/endless", (_request, response) => {
    response.writeHead(200, { "content-type": "application/octet-stream" });
    const more = (): void => {
      while (response.write(Buffer.alloc(16_384, 120))) if (response.destroyed) return;
    };
    response.on("drain", more);
    more();
  });
});
afterAll(() => upstream.close());
beforeEach(async () => {
  egress = await startEgress({ upstreamCa: upstream.authority.cert });
  ca = await egress.ca();
});
afterEach(() => egress.remove());

const set = (routes: TableRoute[], more: Partial<RouteTable> = {}): Promise<void> =>
  egress.setTable({ hosts: { [HOST]: upstream.pin, "b.example.com": upstream.pin }, routes, ...more });
const ask = (path = "/", host = HOST, more: Parameters<typeof get>[3] = {}) =>
  get(egress.paths.egress.socket, ca, `https://${host}${path}`, more);

describe("requests a minute", () => {
  test("beyond the route's limit get 429 with retry-after and the limit's name; another route goes on", async () => {
    await set([routeTo(HOST, { limits: { requests_per_minute: 3 } }), routeTo("b.example.com")]);
    const statuses = [];
    for (let at = 0; at < 3; at += 1) statuses.push((await ask()).status);
    expect(statuses).toEqual([200, 200, 200]);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(50);
    expect(refused.json()).toMatchObject({ error: "limit_reached", rule: "limits.requests_per_minute" });
    expect(refused.json()).not.toHaveProperty("how_to_ask");
    expect((await ask("/", "b.example.com")).status).toBe(200);
    expect(await egress.test(`https://${HOST}/`)).toMatchObject({
      verdict: "block",
      rule: "limits.requests_per_minute",
    });
  });

  test("are told to the operator as they are used up", async () => {
    await set([routeTo(HOST, { limits: { requests_per_minute: 3 } })], { budget: { requests_per_day: 10 } });
    await ask();
    const { usage } = await egress.status();
    expect(usage).toEqual([
      { limit: "requests_per_day", used: 1, most: 10 },
      { route: expect.stringContaining(`${HOST}:443`), limit: "requests_per_minute", used: 1, most: 3 },
    ]);
    await set([routeTo(HOST)]);
    expect(await egress.status()).not.toHaveProperty("usage");
  });

  test("go on counting over a reload", async () => {
    const limits = { requests_per_minute: 1 };
    await set([routeTo(HOST, { limits })]);
    expect((await ask()).status).toBe(200);
    await set([routeTo("b.example.com"), routeTo(HOST, { limits })]);
    expect((await ask()).status).toBe(429);
  });

  test("of the bottle are one for all hosts", async () => {
    await set([routeTo(HOST), routeTo("b.example.com")], { budget: { requests_per_minute: 2 } });
    expect([(await ask()).status, (await ask("/", "b.example.com")).status]).toEqual([200, 200]);
    expect((await ask()).json()).toMatchObject({ error: "budget_reached", rule: "budget.requests_per_minute" });
  });
});

describe("bytes a day", () => {
  test("cut a stream that passes them, and refuse the next request until tomorrow", async () => {
    await set([routeTo(HOST, { limits: { bytes_per_day: 300_000 } })]);
    expect((await ask("/big")).body).toHaveLength(200_000);
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, HOST);
    tunnel.on("error", () => {});
    const stream = await open(tunnel, "/endless", { headers: { host: HOST } });
    let got = 0;
    stream.on("data", (chunk: Buffer) => void (got += chunk.length));
    stream.on("error", () => {});
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.complete).toBe(false);
    expect(got).toBeLessThan(300_000);
    await expect.poll(() => upstream.aborted).toContain("/endless");
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(refused.json()).toMatchObject({ error: "limit_reached", rule: "limits.bytes_per_day" });
  });

  test("are remembered over a restart, and over a kill to the second", async () => {
    await set([routeTo(HOST, { limits: { bytes_per_day: 250_000 } })]);
    await ask("/big");
    const written = () => readFile(egress.paths.egress.usage, "utf8").catch(() => "");
    await expect.poll(written, { timeout: 5000 }).toContain(`${HOST}:443`);
    egress.signal("SIGKILL");
    await egress.restart();
    expect((await ask("/big").catch(() => ({ status: 0, body: "" }))).body.length).toBeLessThan(200_000);
    expect((await ask()).status).toBe(429);
    egress.signal("SIGTERM");
    await egress.restart();
    expect((await ask()).status).toBe(429);
  });

  test("that cannot be read fail closed until the file is removed", async () => {
    await set([routeTo(HOST, { limits: { bytes_per_day: 1_000_000 } }), routeTo("b.example.com")]);
    egress.signal("SIGTERM");
    await egress.exited();
    await writeFile(egress.paths.egress.usage, "{ nonsense");
    await egress.restart();
    expect((await ask()).json()).toMatchObject({ error: "limit_reached", rule: "usage unknown" });
    expect((await ask("/", "b.example.com")).status).toBe(200);
    expect(egress.output()).toContain("usage.json");
    await rm(egress.paths.egress.usage);
    egress.signal("SIGHUP");
    await expect.poll(async () => (await ask()).status).toBe(200);
  });

  test("hold while they cannot be written", async () => {
    await mkdir(egress.paths.egress.usage);
    egress.signal("SIGTERM");
    await egress.restart();
    await set([routeTo(HOST, { limits: { requests_per_minute: 100 } })]);
    expect((await ask()).status).toBe(200); // a folder in the way is no reason where no limit of the day is set
    await set([routeTo(HOST, { limits: { bytes_per_day: 100 } })]);
    expect((await ask()).status).toBe(429);
  });
});

describe("the size of a body", () => {
  beforeEach(() => set([routeTo(HOST, { limits: { body_bytes: 1000 } })]));

  test("that is announced as too large is refused before it is sent", async () => {
    expect((await ask("/", HOST, { method: "POST", body: "x".repeat(1000) })).status).toBe(200);
    const refused = await ask("/", HOST, { method: "POST", body: "x".repeat(1001) });
    expect(refused.status).toBe(413);
    expect(refused.json()).toMatchObject({ error: "body_too_large", rule: "limits.body_bytes" });
  });

  test("that only turns out to be too large never ends upstream", async () => {
    const before = upstream.seen.length;
    const headers = { host: HOST, "transfer-encoding": "chunked" };
    const fine = await ask("/", HOST, { method: "POST", headers, body: "x".repeat(1000) });
    expect(fine.status).toBe(200);
    const refused = await ask("/chunked", HOST, { method: "POST", headers, body: "x".repeat(5000) }).catch(
      () => undefined,
    );
    expect(refused?.status ?? 413).toBe(413);
    expect(upstream.seen.slice(before).map(({ url }) => url)).toEqual(["/"]);
  });
});

describe("a tunnel that is not read", () => {
  test("counts as one request, and its bytes cut it", async () => {
    const limits = { requests_per_minute: 2, bytes_per_day: 50_000 };
    await set([routeTo(HOST, { pipelock: { tls_passthrough: true }, limits })]);
    const { socket } = egress.paths.egress;
    const tunnel = await openTlsTunnel(socket, upstream.authority.cert, HOST);
    tunnel.on("error", () => {});
    expect((await over(tunnel, "/", { headers: { host: HOST } })).status).toBe(200);
    let got = 0;
    tunnel.on("data", (chunk: Buffer) => void (got += chunk.length));
    const closed = once(tunnel, "close");
    tunnel.write(`GET /endless HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await closed;
    expect(got).toBeLessThanOrEqual(50_000);
    const { status, rest } = await connectRaw(socket, `${HOST}:443`);
    expect(status).toBe(429);
    expect(rest).toMatch(/^retry-after: \d+\r$/im);
  });
});
