// Bodies that are too long or too slow to be held whole.

import { randomBytes } from "node:crypto";
import { PassThrough } from "node:stream";
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from "node:zlib";

import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";

import { InspectionRefused } from "#sidecars/egress/inspection/inspection.ts";
import { bench, type Bench } from "#tests/helpers/egress/inspected.ts";

const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";
const SIZE = 1_300_000;
const GRPC = ["content-type", "application/grpc"];

let at: Bench | undefined;
afterEach(() => at?.remove());

const begin = (mode: "supervise" | "redact" | "block"): Bench =>
  (at = bench(mode, [{ rule: "own:test", value: SECRET }]));

const noise = randomBytes(SIZE);
function bodyWith(secret: string, place: number): Buffer {
  const body = Buffer.from(noise);
  body.write(`\0${secret}\0`, place, "latin1");
  return body;
}

function inChunks(body: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let from = 0, index = 0; from < body.length; index += 1) {
    const to = from + (sizes[index % sizes.length] ?? body.length);
    chunks.push(body.subarray(from, to));
    from = to;
  }
  return chunks;
}

const place = fc.integer({ min: 0, max: SIZE - 200 });
const sizes = fc.array(fc.integer({ min: 1000, max: 200_000 }), { minLength: 1, maxLength: 20 });
const spelling = fc.constantFrom(SECRET, Buffer.from(SECRET).toString("base64"), Buffer.from(SECRET).toString("hex"));

describe("a body of more than a MiB", () => {
  test("is stopped before any of the secret has left, wherever it stands and in any chunks", async () => {
    const { request } = begin("block");
    await fc.assert(
      fc.asyncProperty(place, sizes, spelling, async (where, cuts, secret) => {
        const body = bodyWith(secret, where);
        const sent = await request({ body: inChunks(body, cuts) }).sent();
        expect(sent).toMatchObject({ ok: false, refusal: { code: "secret_found" } });
        const gone = sent.ok ? body : sent.gone;
        expect(gone.length).toBeLessThanOrEqual(where + 1);
        expect(gone.equals(body.subarray(0, gone.length))).toBe(true);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test("goes on with stars in its place", async () => {
    const { request } = begin("redact");
    await fc.assert(
      fc.asyncProperty(place, sizes, async (where, cuts) => {
        const body = bodyWith(SECRET, where);
        const sent = await request({ body: inChunks(body, cuts) }).sent();
        body.fill("*", where + 1, where + 1 + SECRET.length);
        expect(sent.ok && sent.body.equals(body)).toBe(true);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test("waits for the operator, and goes on unchanged", async () => {
    const here = begin("supervise");
    here.answer = async (finding) => {
      const { host, rule, fingerprint } = finding;
      here.table.dlp_exceptions?.push({ decision: "d1", host, rule, fingerprint, once: true });
      return { end: "allowed" };
    };
    const body = bodyWith(SECRET, 600_000);
    body.write(SECRET, 1_200_000);
    const sent = await here.request({ body: inChunks(body, [64_000]) }).sent();
    expect(sent.ok && sent.body.equals(body)).toBe(true);
    expect(here.consumed).toEqual(["d1"]);
    expect(here.asked).toHaveLength(1);
  });

  test("that is compressed goes out as it came, or not at all", async () => {
    const { request } = begin("redact");
    const headers = ["content-encoding", "gzip"];
    const clean = gzipSync(noise);
    const sent = await request({ headers, body: inChunks(clean, [50_000]) }).sent();
    expect(sent.ok && sent.body.equals(clean)).toBe(true);
    const found = await request({ headers, body: inChunks(gzipSync(bodyWith(SECRET, 900_000)), [50_000]) }).sent();
    expect(found).toMatchObject({
      ok: false,
      refusal: { code: "secret_found", reason: expect.stringContaining("too long to be held") },
    });
    const cut = await request({ headers, body: inChunks(clean.subarray(0, -20), [50_000]) }).sent();
    expect(cut).toMatchObject({ ok: false, refusal: { code: "cannot_scan" } });
  });

  test.each([
    ["gzip", gzipSync],
    ["br", (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ["zstd", zstdCompressSync],
  ])("of %s sends nothing that was not decoded yet", async (coding, compress) => {
    const { request } = begin("block");
    const headers = ["content-encoding", coding];
    for (const where of [100_000, 700_000, 1_250_000]) {
      const bytes = compress(bodyWith(SECRET, where)); // noise is stored as it is, and so is the secret in it
      expect(bytes.includes(SECRET)).toBe(true);
      const sent = await request({ headers, body: inChunks(bytes, [5_000]) }).sent();
      expect(sent).toMatchObject({ ok: false, refusal: { code: "secret_found" } });
      expect(!sent.ok && sent.gone.includes(SECRET.slice(0, 12))).toBe(false);
    }
    const clean = compress(noise);
    const sent = await request({ headers, body: inChunks(clean, [5_000]) }).sent();
    expect(sent.ok && sent.body.equals(clean)).toBe(true);
  });

  test("that is compressed twice cannot be followed as it passes", async () => {
    const headers = ["content-encoding", "gzip, gzip"];
    const sent = await begin("block")
      .request({ headers, body: gzipSync(gzipSync(noise)) })
      .sent();
    expect(sent).toMatchObject({ ok: false, refusal: { code: "cannot_scan" } });
  });

  test("that is a compressed file is looked into", async () => {
    const { request } = begin("block");
    const file = gzipSync(bodyWith(SECRET, 900_000));
    expect(await request({ body: inChunks(file, [50_000]) }).sent()).toMatchObject({
      ok: false,
      refusal: { code: "secret_found" },
    });
    const broken = gzipSync(noise).fill(7, 1_000_000, 1_000_100);
    const sent = await request({ body: inChunks(broken, [50_000]) }).sent();
    expect(sent.ok && sent.body.equals(broken)).toBe(true);
  });
});

describe("a body that stays open", () => {
  async function conversation(mode: "redact" | "block" | "supervise") {
    const body = new PassThrough();
    const outbound = await begin(mode).request().inspection.outbound(GRPC, body);
    if (!outbound.ok || outbound.body === undefined || Buffer.isBuffer(outbound.body)) throw new Error("no stream");
    let got = "";
    let failed: unknown;
    outbound.body.on("data", (chunk: Buffer) => (got += chunk.toString("latin1")));
    outbound.body.on("error", (error) => (failed = error));
    return { body, got: () => got, failed: () => failed };
  }

  test("goes out word by word, and its last word when nothing more comes", async () => {
    const { body, got } = await conversation("block");
    body.write("one two ");
    await expect.poll(got).toBe("one two ");
    body.write("three");
    await expect.poll(got).toBe("one two three");
    body.end(" four");
    await expect.poll(got).toBe("one two three four");
  });

  test("is stopped at a secret that comes in two pieces", async () => {
    const { body, got, failed } = await conversation("block");
    body.write(`go ${SECRET.slice(0, 10)}`);
    await expect.poll(got).toBe("go ");
    body.write(`${SECRET.slice(10)} on`);
    await expect.poll(failed).toBeInstanceOf(InspectionRefused);
    expect(got()).toBe("go ");
  });

  test("is stopped, not mended, when a part of it has left after a while", async () => {
    const { body, got, failed } = await conversation("redact");
    body.write(SECRET.slice(0, 10));
    await expect.poll(got).toBe(SECRET.slice(0, 10));
    body.write(SECRET.slice(10));
    await expect.poll(failed).toMatchObject({
      refusal: { code: "secret_found", reason: expect.stringContaining("a part of it has left") },
    });
    expect(got()).toBe(SECRET.slice(0, 10));
  });

  test("is stopped at a secret in a compressed gRPC message", async () => {
    const { body, got, failed } = await conversation("redact");
    const frame = (message: Buffer, compressed: number): Buffer => {
      const prefix = Buffer.alloc(5);
      prefix[0] = compressed;
      prefix.writeUInt32BE(message.length, 1);
      return Buffer.concat([prefix, message]);
    };
    const hello = frame(Buffer.from("hello "), 0);
    body.write(hello);
    await expect.poll(got).toBe(hello.toString("latin1"));
    body.write(frame(gzipSync(`{"key":"${SECRET}"}`), 1));
    await expect.poll(failed).toMatchObject({ refusal: { reason: expect.stringContaining("body, compressed") } });
    expect(got().startsWith(hello.toString("latin1"))).toBe(true);
  });

  test("ends with its client", async () => {
    const { body, failed } = await conversation("block");
    body.write("one ");
    body.destroy();
    await expect.poll(failed).toMatchObject({ name: "BodyBroken" });
  });
});
