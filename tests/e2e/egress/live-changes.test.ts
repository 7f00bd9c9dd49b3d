// What is under way when the rules change, or the proxy dies: uploads, held requests, held findings, over both protocols.

import type { IncomingMessage } from "node:http";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { DlpException, TableRoute } from "#domain/egress/route.ts";
import type { ProposalOf } from "#domain/proposal/proposal.ts";
import { type QueueItem, readQueue } from "#lib/store/read-queue.ts";
import { get, openTlsTunnel } from "#tests/helpers/egress/client.ts";
import { openHttp2 } from "#tests/helpers/egress/http2.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const HOST = "a.example.com";
const OTHER = "b.example.com";
const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";

let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;
/** Of the upload that is under way. */
let got: Buffer;
let ended: boolean;

beforeAll(async () => {
  upstream = await startUpstream(HOST, OTHER);
  upstream.on("early /up", (request: IncomingMessage) => {
    request.on("data", (chunk: Buffer) => (got = Buffer.concat([got, chunk])));
    request.on("end", () => (ended = true));
    request.on("error", () => {});
  });
});
afterAll(() => upstream.close());
beforeEach(async () => {
  upstream.seen.length = 0;
  upstream.aborted.length = 0;
  got = Buffer.alloc(0);
  ended = false;
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    tokens: { EGRESS_SECRET_DB_PASSWORD: SECRET },
    table: tableWith([routeTo(HOST), routeTo(OTHER)]),
  });
  ca = await egress.ca();
});
afterEach(() => egress.remove());

function tableWith(routes: TableRoute[], dlp_exceptions: DlpException[] = []) {
  return { hold_seconds: 20, hosts: { [HOST]: upstream.pin, [OTHER]: upstream.pin }, routes, dlp_exceptions };
}
const ask = (host: string, how: Parameters<typeof get>[3] = {}, path = "/") =>
  get(egress.paths.egress.socket, ca, `https://${host}${path}`, how);

async function heldFinding(): Promise<ProposalOf<"dlp-match">> {
  let item: QueueItem | undefined;
  await expect.poll(async () => (item = (await readQueue(egress.of)).items[0]), { timeout: 5000 }).toBeDefined();
  return item!.proposal as ProposalOf<"dlp-match">;
}

describe("an upload that is under way", () => {
  test("is cut when its host is taken back: its end never reaches the server", async () => {
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, HOST);
    tunnel.on("error", () => {});
    tunnel.write(`POST /up HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 3000000\r\n\r\n`);
    tunnel.write(Buffer.alloc(2_000_000, "x"));
    await expect.poll(() => got.length, { timeout: 5000 }).toBeGreaterThan(500_000);
    const closed = new Promise((resolve) => tunnel.once("close", resolve));
    await egress.setTable(tableWith([routeTo(OTHER)]));
    await closed;
    await expect.poll(() => upstream.aborted).toContain("/up");
    expect(ended).toBe(false);
    expect((await ask(OTHER)).status).toBe(200);
  });

  test("is cut over HTTP/2 when its method is taken back", async () => {
    const session = await openHttp2(egress.paths.egress.socket, ca, HOST);
    const stream = session.request({ ":method": "POST", ":path": "/up" });
    stream.on("error", () => {});
    stream.resume();
    const closed = new Promise((resolve) => stream.once("close", resolve));
    stream.write(Buffer.alloc(2_000_000, "x"));
    await expect.poll(() => got.length, { timeout: 5000 }).toBeGreaterThan(500_000);
    await egress.setTable(tableWith([routeTo(HOST, { methods: ["GET"] }), routeTo(OTHER)]));
    await closed;
    await expect.poll(() => upstream.aborted).toContain("/up");
    expect(ended).toBe(false);
    session.destroy();
  });

  test("leaves nothing behind when the proxy is killed: neither what it held back nor the rest", async () => {
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, HOST);
    tunnel.on("error", () => {});
    tunnel.write(`POST /up HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 3000000\r\n\r\n`);
    tunnel.write(Buffer.concat([Buffer.alloc(2_000_000, "x"), Buffer.from(SECRET.slice(0, 20))]));
    await expect.poll(() => got.length, { timeout: 5000 }).toBeGreaterThan(500_000);
    const closed = new Promise((resolve) => tunnel.once("close", resolve));
    egress.signal("SIGKILL");
    await closed;
    await expect.poll(() => upstream.aborted).toContain("/up");
    expect(ended).toBe(false);
    expect(got.includes(SECRET.slice(0, 20))).toBe(false);
    await expect(ask(OTHER)).rejects.toThrow(/ECONNREFUSED|ENOENT/);
    await egress.restart();
    expect((await ask(OTHER)).status).toBe(200);
    expect(upstream.seen).toHaveLength(1);
  });
});

describe("a finding that is before the operator", () => {
  const post = () => ask(HOST, { method: "POST", body: `the ${SECRET}` }).catch((error: Error) => error);

  test("does not go out by an approval when its host was taken back meanwhile", async () => {
    const reply = post();
    const { id, payload } = await heldFinding();
    await egress.setTable(tableWith([routeTo(OTHER)]));
    const { rule, fingerprint } = payload;
    await egress.setTable(tableWith([routeTo(OTHER)], [{ decision: id, host: HOST, rule, fingerprint }]));
    const ended = await reply;
    if (!(ended instanceof Error)) expect(ended.status).toBe(403);
    expect(upstream.seen).toEqual([]);
  });

  test("does not go out by an approval of another rule, value or host", async () => {
    const gone = new AbortController();
    const left = ask(HOST, { method: "POST", body: SECRET, signal: gone.signal }).catch(() => "left");
    const { id, payload } = await heldFinding();
    const { rule, fingerprint } = payload;
    const wrong: DlpException[] = [
      { decision: id, host: OTHER, rule, fingerprint },
      { decision: id, host: HOST, rule: "own:other", fingerprint },
      { decision: id, host: HOST, rule, fingerprint: fingerprint.replace(/.$/, (last) => (last === "0" ? "1" : "0")) },
    ];
    await egress.setTable(tableWith([routeTo(HOST), routeTo(OTHER)], wrong));
    expect((await ask(OTHER)).status).toBe(200);
    expect(upstream.seen).toHaveLength(1);
    gone.abort();
    expect(await left).toBe("left");
  });

  test("is gone with the proxy: nothing of it goes out, then or after a restart", async () => {
    const reply = post();
    const { id, payload } = await heldFinding();
    egress.signal("SIGKILL");
    expect(await reply).toBeInstanceOf(Error);
    await egress.restart();
    const { rule, fingerprint } = payload;
    await egress.setTable(
      tableWith([routeTo(HOST), routeTo(OTHER)], [{ decision: id, host: HOST, rule, fingerprint, once: true }]),
    );
    expect((await ask(OTHER)).status).toBe(200);
    expect(upstream.seen).toHaveLength(1);
    // The approval is for one request, and that is the client's own next one.
    expect(await post()).toMatchObject({ status: 200 });
    expect(upstream.seen).toHaveLength(2);
  });
});

describe("a request that is held for its host", () => {
  test("does not go out when what comes into force is for another path, method or port", async () => {
    const holding = { ...tableWith([routeTo(OTHER)]), on_unknown_host: "hold" as const, hold_seconds: 3 };
    await egress.setTable(holding);
    const reply = ask(HOST, { method: "POST", body: "x" }, "/items");
    await heldFinding();
    await egress.setTable({
      ...holding,
      routes: [routeTo(OTHER), routeTo(HOST, { methods: ["GET"] }), routeTo(HOST, { port: 8443 })],
    });
    expect((await reply).status).toBe(403);
    expect(upstream.seen).toEqual([]);
  });

  test("is answered with 403 when the table asks nobody any more, or when its time is over", async () => {
    const holding = { ...tableWith([routeTo(OTHER)]), on_unknown_host: "hold" as const, hold_seconds: 3 };
    await egress.setTable(holding);
    const reply = ask(HOST);
    await heldFinding();
    await egress.setTable(tableWith([routeTo(OTHER)]));
    expect((await reply).status).toBe(403);
    expect(upstream.seen).toEqual([]);
  });
});
