// Secrets on their way out, against the real process: found wherever they stand, and stopped, replaced or put before the
// operator; what is clean goes out byte for byte.

import { createHash, randomBytes } from "node:crypto";
import { stat, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import type { DlpException, OutboundOnMatch, RouteTable } from "#domain/egress/route.ts";
import type { ProposalOf } from "#domain/proposal/proposal.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";
import { decide } from "#lib/store/decide.ts";
import { type QueueItem, readQueue } from "#lib/store/read-queue.ts";
import { type Ask, get, openTlsTunnel, raw, type Reply } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";
const CANARY = "canary-7f3a9c51e2b84d60";
const HOST = "api.example.com";
const half = SECRET.length / 2;
const stars = (text: string): string => "*".repeat(text.length);

let upstream: TestUpstream;
let egress: EgressProcess | undefined;
let ca: string;

beforeAll(async () => {
  upstream = await startUpstream(HOST);
});
afterAll(() => upstream.close());
afterEach(async () => {
  upstream.seen.length = 0;
  await egress?.remove();
  egress = undefined;
});

async function begin(mode: OutboundOnMatch, more: Partial<RouteTable> = {}): Promise<EgressProcess> {
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: tableOf(mode, more),
    tokens: { EGRESS_SECRET_DB_PASSWORD: SECRET, EGRESS_SECRET_CANARY: CANARY },
  });
  ca = await egress.ca();
  return egress;
}

function tableOf(mode: OutboundOnMatch, more: Partial<RouteTable> = {}): Partial<RouteTable> {
  const route = routeTo(HOST, { dlp: { outbound_on_match: mode } });
  return { hosts: { [HOST]: upstream.pin }, routes: [route], ...more };
}

const ask = (path: string, how: Ask = {}): Promise<Reply> =>
  get(egress!.paths.egress.socket, ca, `https://${HOST}${path}`, how);

const post = (body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Reply> =>
  ask("/in", { method: "POST", body, headers: { "content-length": String(Buffer.byteLength(body)), ...headers } });

const percent = (text: string): string =>
  Array.from(text)
    .map((char) => `%${char.charCodeAt(0).toString(16)}`)
    .join("");
const base64 = (text: string | Buffer): string => Buffer.from(text).toString("base64");
const hex = (text: string): string => Buffer.from(text).toString("hex");
const part = (head: string, body: string): string =>
  `--b0\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n--b0--\r\n`;
const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const multipart = { "content-type": "multipart/form-data; boundary=b0" };
const coded = (coding: string) => ({ "content-encoding": coding });

/** Nothing that the proxy wrote or said tells the value. */
async function expectUntold(): Promise<void> {
  const told = JSON.stringify([
    await egress!.status(),
    await readAuditLog(egress!.of),
    await readQueue(egress!.of),
    egress!.output(),
  ]);
  for (const spelling of [SECRET, encodeURIComponent(SECRET), JSON.stringify(SECRET).slice(1, -1), base64(SECRET)])
    expect(told).not.toContain(spelling);
}

describe("a secret", () => {
  test("is stopped wherever it stands in a request and however it is written", async () => {
    await begin("block");
    const places: [string, () => Promise<Reply>, string][] = [
      ["URL path", () => ask(`/a/${base64(SECRET).replaceAll("=", "")}/b`), "path, base64"],
      ["query key", () => ask(`/a?${encodeURIComponent(SECRET)}=1`), "query key, percent-encoded"],
      ["query value", () => ask(`/a?b=${encodeURIComponent(SECRET)}`), 'query value of "b", percent-encoded'],
      [
        "query values",
        () => ask(`/a?b=${percent(SECRET.slice(0, half))}&c=${percent(SECRET.slice(half))}`),
        "several query values, percent-encoded",
      ],
      ["header name", () => ask("/", { headers: { [`x-${hex(SECRET)}`]: "1" } }), "header name, hex"],
      ["header value", () => ask("/", { headers: { "x-note": SECRET } }), "header x-note"],
      [
        "headers",
        () => ask("/", { headers: { "x-a": SECRET.slice(0, half), "x-b": SECRET.slice(half) } }),
        "several headers",
      ],
      ["JSON key", () => post(JSON.stringify({ [SECRET]: 1 }), json), "body"],
      [
        "JSON value",
        () => post(`{"a":"${SECRET.replace("/", "\\/").replace("q", "\\u0071")}"}`, json),
        "body, escaped",
      ],
      ["form", () => post(`a=1&b=${encodeURIComponent(SECRET)}`, form), 'body, form field "b", percent-encoded'],
      ["file name", () => post(part(`name="f"; filename="${SECRET}"`, "x"), multipart), 'body, file name of part "f"'],
      ["file", () => post(part('name="f"; filename="a"', SECRET), multipart), 'body, part "f"'],
      ["gzip", () => post(gzipSync(SECRET), coded("gzip")), "body, compressed"],
      ["deflate", () => post(deflateSync(SECRET), coded("deflate")), "body, compressed"],
      ["br", () => post(brotliCompressSync(SECRET), coded("br")), "body, compressed"],
      ["zstd", () => post(zstdCompressSync(SECRET), coded("zstd")), "body, compressed"],
      ["base64", () => post(base64(`the ${SECRET}`)), "body, base64"],
      ["base64 twice", () => post(base64(base64(SECRET))), "body, base64 within base64"],
      ["hex", () => post(hex(SECRET)), "body, hex"],
    ];
    for (const [name, send, where] of places) {
      const reply = await send();
      expect([name, reply.status, reply.json().error, reply.json().rule]).toEqual([
        name,
        403,
        "secret_found",
        "own secret",
      ]);
      expect(reply.json()).toMatchObject({
        reason: `a secret of this bottle is in the ${where}`,
        what_to_do: "leave it out of the request",
      });
      expect(reply.json()).not.toHaveProperty("how_to_ask");
      expect(reply.headers["x-bottle-egress"]).toBe("secret_found");
    }
    expect(upstream.seen).toEqual([]);
    const { counters, recent } = await egress!.status();
    expect(counters).toMatchObject({ blocked: places.length, allowed: 0, outbound_findings: places.length });
    expect(recent[0]?.findings).toEqual([
      { rule: "own:db_password", direction: "outbound", where: "path, base64", action: "blocked" },
    ]);
    await expectUntold();
  }, 30_000);

  test("is stopped when it is split over two chunks, at every place", async () => {
    await begin("block");
    const tunnel = async (first: string, second: string): Promise<string> => {
      const connection = await openTlsTunnel(egress!.paths.egress.socket, ca, HOST);
      const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
      const head = `POST /in HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const answer = raw(connection, `${head}${chunk(first)}`, /\r\n\r\n.*\n/s);
      connection.write(`${chunk(second)}0\r\n\r\n`);
      const text = await answer;
      connection.destroy();
      return text;
    };
    for (let cut = 1; cut < SECRET.length; cut += 1)
      expect(await tunnel(SECRET.slice(0, cut), SECRET.slice(cut))).toMatch(/^HTTP\/1\.1 403 .*"secret_found"/s);
    expect(upstream.seen).toEqual([]);
  }, 30_000);

  test("is stopped in the middle of a large upload, before it leaves", async () => {
    await begin("block");
    const body = randomBytes(5_000_000);
    body.write(`\n${SECRET}\n`, 3_000_000);
    let got = Buffer.alloc(0);
    upstream.on("early /up", (request: IncomingMessage) => {
      request.on("data", (chunk: Buffer) => (got = Buffer.concat([got, chunk])));
      request.on("error", () => {});
    });
    const headers = { "content-length": String(body.length) };
    const reply = await ask("/up", { method: "POST", body, headers }).catch(() => undefined);
    if (reply !== undefined) expect(reply.json().error).toBe("secret_found");
    await expect.poll(async () => (await egress!.status()).recent.at(-1)?.findings?.length, { timeout: 5000 }).toBe(1);
    expect(got.includes(SECRET)).toBe(false);
    expect(got.length).toBeLessThan(3_000_001);
    await expectUntold();
  });

  test("of another kind is known by its form, in the environment of nobody", async () => {
    await begin("block");
    const key = ["AKIA", "Z7QK4TN2WXPL5RVD"].join("");
    const reply = await ask(`/a?key=${key}`);
    expect(reply.json()).toMatchObject({ error: "secret_found", rule: expect.stringMatching(/^aws/) });
    expect(JSON.stringify([reply.body, await readAuditLog(egress!.of)])).not.toContain(key);
  });
});

describe("redact", () => {
  test("replaces the value and lets the rest go on", async () => {
    await begin("redact");
    const body = JSON.stringify({ a: "before", b: SECRET, c: "after" });
    expect((await post(body, { ...json, "x-note": `see ${SECRET}.` })).status).toBe(200);
    expect((await ask(`/a?b=${encodeURIComponent(SECRET)}&c=1`)).status).toBe(200);
    expect(upstream.seen[0]).toMatchObject({
      body: body.replace(SECRET, stars(SECRET)),
      headers: { "x-note": `see ${stars(SECRET)}.` },
    });
    expect(upstream.seen[1]?.url).toBe(`/a?b=${stars(encodeURIComponent(SECRET))}&c=1`);
    const { counters, recent } = await egress!.status();
    expect(counters).toMatchObject({ redacted: 2 });
    expect(recent.at(-1)).toMatchObject({ verdict: "redact", findings: [{ action: "redacted" }] });
    await expectUntold();
  });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
  ] as const)("replaces it within %s", async (coding, compress) => {
    await begin("redact");
    upstream.on("early /coded", (request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => response.end(Buffer.concat(chunks).toString("base64")));
    });
    const body = compress(`a ${SECRET} b`);
    const reply = await ask("/coded", { method: "POST", body, headers: coded(coding) });
    const { gunzipSync, inflateSync, brotliDecompressSync, zstdDecompressSync } = await import("node:zlib");
    const open = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync, zstd: zstdDecompressSync }[coding];
    expect(open(Buffer.from(reply.body, "base64")).toString()).toBe(`a ${stars(SECRET)} b`);
  });

  test("replaces it in a large upload as it passes", async () => {
    await begin("redact");
    const body = randomBytes(5_000_000);
    body.write(`\n${SECRET}\n`, 4_000_000);
    upstream.on("early /up", digestOf);
    const headers = { "content-length": String(body.length) };
    const reply = await ask("/up", { method: "POST", body, headers });
    body.fill("*", 4_000_001, 4_000_001 + SECRET.length);
    expect(reply.body).toBe(`${body.length} ${createHash("sha256").update(body).digest("hex")}`);
  });

  test("refuses what has no place that could be replaced", async () => {
    await begin("redact");
    const reply = await ask("/", { headers: { "x-a": SECRET.slice(0, half), "x-b": SECRET.slice(half) } });
    expect(reply.json()).toMatchObject({
      error: "secret_found",
      reason: "a secret of this bottle is in the several headers",
    });
    const named = await ask("/", { headers: { one: SECRET.slice(0, half), two: SECRET.slice(half) } });
    expect(named.json().reason).toBe("a secret of this bottle is in the several headers");
    const body = Buffer.from(JSON.stringify({ file: gzipSync(`x ${SECRET}`).toString("base64") }));
    expect((await post(body)).json().reason).toMatch(/^a secret of this bottle is in the .*compressed within base64$/);
    expect(upstream.seen).toEqual([]);
  });
});

describe("supervise", () => {
  async function held(): Promise<QueueItem & { proposal: ProposalOf<"dlp-match"> }> {
    let found: QueueItem | undefined;
    await expect.poll(async () => (found = (await readQueue(egress!.of)).items[0]), { timeout: 5000 }).toBeDefined();
    return found as QueueItem & { proposal: ProposalOf<"dlp-match"> };
  }

  const exceptionFor = ({ id, payload }: ProposalOf<"dlp-match">, more: Partial<DlpException> = {}): DlpException => {
    const { host, rule, fingerprint } = payload;
    return { decision: id, host, rule, fingerprint, ...more };
  };

  test("asks the operator, without the value, and goes on when it is approved", async () => {
    await begin("supervise");
    const reply = post(`{"user":"me","password":"${SECRET}","other":"${CANARY.slice(0, 9)}"}`, json);
    const { proposal } = await held();
    expect(proposal).toMatchObject({
      kind: "dlp-match",
      origin: "held-request",
      deadline: expect.any(String),
      justification:
        "Held by the egress proxy: the bottle's own secret db_password is about to leave in the body. The client waits.",
      payload: {
        host: HOST,
        port: 443,
        method: "POST",
        path: "/in",
        rule: "own:db_password",
        where: "body",
        excerpt: '{"user":"me","password":"********","other":"canary-7f"}',
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    expect(upstream.seen).toEqual([]);
    await egress!.setTable(tableOf("supervise", { dlp_exceptions: [exceptionFor(proposal)] }));
    expect((await reply).status).toBe(200);
    expect(upstream.seen[0]?.body).toContain(SECRET);
    expect((await post(SECRET)).status).toBe(200);
    expect((await egress!.status()).recent.at(-1)?.findings).toMatchObject([{ action: "allowed" }]);
    await expectUntold();
    const key = egress!.paths.egress.fingerprintKey;
    expect((await stat(key)).mode & 0o777).toBe(0o600);
  });

  test("uses up an approval for one request", async () => {
    await begin("supervise", { hold_seconds: 1 });
    const reply = post(SECRET);
    const { proposal } = await held();
    const dlp_exceptions = [exceptionFor(proposal, { once: true })];
    await egress!.setTable(tableOf("supervise", { dlp_exceptions, hold_seconds: 1 }));
    expect((await reply).status).toBe(200);
    expect((await post(SECRET)).json()).toMatchObject({ error: "hold_timeout" });
    expect(upstream.seen).toHaveLength(1);
  });

  test("ends with 403 and the operator's words when it is rejected", async () => {
    await begin("supervise");
    const reply = post(SECRET);
    const { id, digest } = (await held()).proposal;
    await decide(
      egress!.of,
      { id, digest, status: "rejected", scope: "session", notes: "not there", decided_by: "tester" },
      new Date(),
    );
    expect((await reply).status).toBe(403);
    expect((await reply).json()).toMatchObject({
      error: "rejected",
      rule: "own secret",
      reason: "a secret of this bottle is in the body, and the operator rejected it: not there",
    });
    expect(upstream.seen).toEqual([]);
  });

  test("ends with 403 when nobody answers in time", async () => {
    await begin("supervise", { hold_seconds: 0.3 });
    const reply = await post(SECRET);
    expect(reply.status).toBe(403);
    expect(reply.json().error).toBe("hold_timeout");
    expect(upstream.seen).toEqual([]);
  });

  test("holds a large upload where it is, and goes on with it byte for byte", async () => {
    await begin("supervise");
    const body = randomBytes(5_000_000);
    body.write(`\n${SECRET}\n`, 2_000_000);
    upstream.on("early /up", digestOf);
    const reply = ask("/up", { method: "POST", body, headers: { "content-length": String(body.length) } });
    const { proposal } = await held();
    await egress!.setTable(tableOf("supervise", { dlp_exceptions: [exceptionFor(proposal)] }));
    expect((await reply).body).toBe(`${body.length} ${createHash("sha256").update(body).digest("hex")}`);
  });

  test("folds requests with the same value into one proposal, and forgets a client that left", async () => {
    await begin("supervise");
    const gone = new AbortController();
    const left = ask("/in", { method: "POST", body: SECRET, signal: gone.signal }).catch(() => "left");
    const { proposal } = await held();
    const other = ask(`/q?a=${encodeURIComponent(SECRET)}`);
    await expect.poll(async () => (await readQueue(egress!.of)).items[0]?.seen?.count).toBe(2);
    gone.abort();
    expect(await left).toBe("left");
    await egress!.setTable(tableOf("supervise", { dlp_exceptions: [exceptionFor(proposal)] }));
    expect((await other).status).toBe(200);
    expect(upstream.seen).toHaveLength(1);
  });
});

describe("the canary", () => {
  test.each(["supervise", "redact", "block"] as const)("is stopped on a route with %s, and audited", async (mode) => {
    await begin(mode);
    const reply = await post(base64(`x ${CANARY}`));
    // In the very words for any other secret of the bottle: a thief need not know which of them was the trap.
    expect(reply.json()).toEqual({
      error: "secret_found",
      host: HOST,
      rule: "own secret",
      reason: "a secret of this bottle is in the body, base64",
      what_to_do: "leave it out of the request",
    });
    expect((await egress!.status()).recent[0]?.rule).toMatch(/^canary: /);
    const said = [expect.stringMatching(/^CANARY: POST api\.example\.com:443\/in: /)];
    await expect
      .poll(async () => (await readAuditLog(egress!.of)).map(({ detail }) => detail), { timeout: 5000 })
      .toEqual(said);
    egress!.signal("SIGTERM");
    await egress!.exited(); // whatever else was to be written is
    expect((await readAuditLog(egress!.of)).map(({ detail }) => detail)).toEqual(said);
    const { items } = await readQueue(egress!.of);
    expect(items).toMatchObject([
      { proposal: { kind: "dlp-match", origin: "blocked-request", payload: { rule: "canary", host: HOST } } },
    ]);
    expect(JSON.stringify(items)).not.toContain(CANARY);
    expect(upstream.seen).toEqual([]);
  });
});

describe("what cannot be scanned is refused:", () => {
  const cut = gzipSync(randomBytes(2000)).subarray(0, 1500);
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  test.each<[string, string | Buffer, string, string]>([
    ["an unknown coding", "x", "lzma", "its Content-Encoding is lzma"],
    ["gzip that is none", "no gzip at all", "gzip", "it is no valid gzip"],
    ["gzip that is cut off", cut, "gzip", "it is no valid gzip"],
    ["br that is none", randomBytes(500), "br", "it is no valid br"],
    [
      "more behind the end",
      Buffer.concat([deflateSync("x"), Buffer.from("more")]),
      "deflate",
      "there is more behind the end",
    ],
    ["a bomb", bomb, "gzip", "far larger when it is decompressed"],
    ["a bomb within base64", base64(bomb), "identity", "too large to be looked at"],
  ])("%s", async (_name, body, coding, why) => {
    await begin("redact");
    const reply = await post(body, coded(coding));
    expect(reply.status).toBe(403);
    expect(reply.json()).toMatchObject({ error: "cannot_scan", reason: expect.stringContaining(why) });
    expect(upstream.seen).toEqual([]);
  });

  test("a finding, while the key of fingerprints cannot be read", async () => {
    await begin("redact");
    await writeFile(egress!.paths.egress.fingerprintKey, "no key");
    expect((await post("nothing in it")).status).toBe(200);
    const reply = await post(SECRET);
    expect(reply.status).toBe(503);
    expect(reply.json()).toMatchObject({ error: "storage_failed" });
    expect(upstream.seen).toHaveLength(1);
  });
});

describe("what is clean", () => {
  test.each([
    ["a large upload", randomBytes(5_000_000), {}],
    ["a large upload in base64", Buffer.from(base64(randomBytes(4_000_000))), {}],
    ["a large upload of gzip", gzipSync(randomBytes(3_000_000)), coded("gzip")],
    ["a large gzip file", gzipSync(randomBytes(3_000_000)), {}],
    ["a small one", Buffer.from(JSON.stringify({ a: 1, b: "two" })), json],
    ["a small one of br", brotliCompressSync("some text"), coded("br")],
    ["an empty one", Buffer.alloc(0), {}],
  ])("goes out byte for byte: %s", async (_name, body, headers) => {
    await begin("block");
    upstream.on("early /up", digestOf);
    const length = { "content-length": String(body.length) };
    const digest = `${body.length} ${createHash("sha256").update(body).digest("hex")}`;
    expect((await ask("/up", { method: "POST", body, headers: { ...length, ...headers } })).body).toBe(digest);
    const chunked = { "transfer-encoding": "chunked", ...headers };
    expect((await ask("/up", { method: "POST", body, headers: chunked })).body).toBe(digest);
    expect((await egress!.status()).counters.outbound_findings).toBe(0);
  });

  test("a body that stays open goes out as it comes", async () => {
    await begin("block");
    let got = "";
    upstream.on("early /talk", (request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200).flushHeaders();
      request.on("data", (chunk: Buffer) => (got += String(chunk)));
      request.on("error", () => {});
    });
    const connection = await openTlsTunnel(egress!.paths.egress.socket, ca, HOST);
    const type = "Content-Type: application/grpc";
    connection.write(`POST /talk HTTP/1.1\r\nHost: ${HOST}\r\n${type}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    connection.write("6\r\nhello \r\n");
    await expect.poll(() => got, { timeout: 5000 }).toBe("hello ");
    connection.write("5\r\nworld\r\n");
    await expect.poll(() => got, { timeout: 5000 }).toBe("hello world");
    const secret = `${SECRET.length.toString(16)}\r\n${SECRET}\r\n`;
    await raw(connection, `${secret}5\r\n ends\r\n`, /$^/);
    expect(got).toBe("hello world");
  });
});

function digestOf(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash("sha256");
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    hash.update(chunk);
  });
  request.on("end", () => response.end(`${size} ${hash.digest("hex")}`));
  request.on("error", () => {});
}
