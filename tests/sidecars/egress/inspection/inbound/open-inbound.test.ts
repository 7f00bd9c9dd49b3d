import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";

import type { EgressFinding } from "#domain/egress/control.ts";
import type { TableRoute } from "#domain/egress/route.ts";
import type { ParsedRequest } from "#sidecars/egress/policy/parse-request.ts";
import { openInbound } from "#sidecars/egress/inspection/inbound/open-inbound.ts";

const TOKEN = "ghp_aB3xY9zQwrTk7Lm2";
const STARS = "*".repeat(TOKEN.length);
const request: ParsedRequest = {
  scheme: "https",
  host: "api.example.com",
  isAddress: false,
  port: 443,
  method: "GET",
  path: "/",
  forward: "/",
};
const withAuth: TableRoute = { host: "api.example.com", auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } };
const compress = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync };

function open(route: TableRoute, credential: readonly string[] = route.auth === undefined ? [] : [TOKEN]) {
  const findings: EgressFinding[] = [];
  const inspection = openInbound({ request, route, credential, found: (finding) => void findings.push(finding) });
  const answer = (headers: readonly string[], more: { status?: number; method?: string } = {}) =>
    inspection.inbound({ status: 200, method: "GET", headers, ...more });
  return { findings, answer, inspection };
}

const inPieces = (data: Buffer, size: number): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(data.length / size) }, (_, index) =>
      data.subarray(index * size, (index + 1) * size),
    ),
    { objectMode: false },
  );

describe("an answer on a route with a credential", () => {
  it("has the credential masked in headers and trailers, whatever the body", () => {
    const { answer, findings } = open(withAuth);
    const inbound = answer(["X-Echo", TOKEN, "Content-Type", "image/png"], { method: "HEAD" });
    expect(inbound.headers).toEqual(["X-Echo", STARS, "Content-Type", "image/png"]);
    expect(inbound.trailers?.(["X-Sum", TOKEN])).toEqual(["X-Sum", STARS]);
    expect(inbound.through).toBeUndefined();
    expect(findings).toEqual([
      { rule: "credential-echo", direction: "inbound", where: "a header of the answer", action: "masked" },
    ]);
  });

  it.each(["text/plain", "application/octet-stream"])(
    "has it masked in a body of %s, with inbound off",
    async (type) => {
      const { answer, findings } = open({ ...withAuth, dlp: { inbound: "off" } });
      const text = `{"authorization":"Bearer ${TOKEN}"}`;
      const inbound = answer(["Content-Type", type, "Content-Length", String(text.length)]);
      const out = await buffer(inbound.through?.(inPieces(Buffer.from(text), 5)) ?? Readable.from([]));
      expect(out.toString()).toBe(text.replace(TOKEN, STARS));
      expect(inbound.headers).toContain("Content-Length");
      expect(findings).toEqual([
        { rule: "credential-echo", direction: "inbound", where: "body of the answer", action: "masked" },
      ]);
    },
  );

  it("is dealt with piece by piece without a stream where it is not encoded", () => {
    const filter = open(withAuth).answer(["Content-Type", "application/json"]).filter?.();
    const out = [filter?.push(Buffer.from("a ghp_aB3xY9")), filter?.push(Buffer.from("zQwrTk7Lm2 b")), filter?.end()];
    expect(out.join("")).toBe(`a ${STARS} b`);
  });

  it.each(Object.entries(compress))("has it masked within %s, and goes on decoded", async (encoding, encode) => {
    const { answer } = open(withAuth);
    const text = `secret: ${TOKEN}, and again ${Buffer.from(TOKEN).toString("base64")}`;
    const headers = ["ETag", '"x"', "Content-Encoding", encoding, "Content-Length", "99", "Digest", "sha-256=x"];
    const inbound = answer(headers);
    expect(inbound.headers).toEqual(["ETag", 'W/"x"']);
    const out = await buffer(inbound.through?.(inPieces(encode(Buffer.from(text)), 7)) ?? Readable.from([]));
    expect(out.toString()).toMatch(/^secret: \*{20}, and again \*{26}.=$/);
  });

  it("has the password alone masked where the scheme is Basic", async () => {
    const encoded = Buffer.from("robot:hunter22x").toString("base64");
    const { answer } = open({ host: "h", auth: { scheme: "Basic", slot: "EGRESS_TOKEN_0" } }, [encoded]);
    const inbound = answer([]);
    const out = await buffer(
      inbound.through?.(Readable.from([Buffer.from('{"password":"hunter22x"}')])) ?? Readable.from([]),
    );
    expect(out.toString()).toBe('{"password":"*********"}');
  });

  it.each([
    ["an encoding that is not known", { headers: ["Content-Encoding", "compress"] }],
    ["more encodings than two", { headers: ["Content-Encoding", "gzip, gzip", "content-encoding", "br"] }],
    ["a part of something encoded", { headers: ["Content-Encoding", "gzip"], status: 206 }],
  ])("is refused for %s", (_what, { headers, ...more }: { headers: string[]; status?: number }) => {
    expect(open(withAuth).answer(headers, more).refusal).toMatchObject({ status: 502, code: "cannot_decode" });
  });

  it.each([
    ["not what it says", Buffer.from("plain text")],
    ["cut short", gzipSync(Buffer.alloc(5000, "abc")).subarray(0, 30)],
  ])("fails with the reason where its gzip is %s", async (_what, data) => {
    const inbound = open(withAuth).answer(["Content-Encoding", "gzip"]);
    const out = inbound.through?.(Readable.from([data])) ?? Readable.from([]);
    await expect(buffer(out)).rejects.toMatchObject({ name: "InspectionRefused", refusal: { code: "cannot_decode" } });
  });

  it("is cut when a little of it becomes very much", async () => {
    const bomb = gzipSync(gzipSync(Buffer.alloc(64 * 1024 * 1024)));
    const inbound = open(withAuth).answer(["Content-Encoding", "gzip, gzip"]);
    const out = inbound.through?.(Readable.from([bomb])) ?? Readable.from([]);
    let bytes = 0;
    const reading = (async () => {
      for await (const piece of out) bytes += (piece as Buffer).length;
    })();
    await expect(reading).rejects.toMatchObject({ refusal: { code: "cannot_decode" } });
    expect(bytes).toBeLessThan(17 * 1024 * 1024);
  });

  it("stops asking the server when the client leaves", async () => {
    const body = new PassThrough();
    const out = open(withAuth).answer(["Content-Encoding", "gzip"]).through?.(body);
    out?.destroy();
    await once(body, "close");
    expect(body.destroyed).toBe(true);
  });
});

describe("an answer on a route without a credential", () => {
  const plain: TableRoute = { host: "api.example.com" };

  it.each([
    ["binary", ["Content-Type", "application/octet-stream"], {}],
    ["an image", ["Content-Type", "image/png", "Content-Encoding", "gzip"], {}],
    ["the head alone", ["Content-Type", "text/html"], { method: "HEAD" }],
    ["empty", ["Content-Type", "text/html", "Content-Length", "0"], {}],
    ["not modified", ["Content-Type", "text/html"], { status: 304 }],
  ])("goes through nothing where it is %s", (_what, headers, more) => {
    expect(open(plain).answer(headers, more)).toEqual({ headers });
  });

  it("goes through nothing where inbound is off", () => {
    const headers = ["Content-Type", "text/html"];
    expect(open({ ...plain, dlp: { inbound: "off" } }).answer(headers)).toEqual({ headers });
  });

  it("goes on as it came where its encoding is broken or unknown, and that is noted", async () => {
    const unknown = open(plain);
    const headers = ["Content-Type", "text/html", "Content-Encoding", "sdch"];
    expect(unknown.answer(headers)).toEqual({ headers });
    expect(unknown.findings).toMatchObject([{ rule: "not-decoded", action: "warned" }]);

    const broken = open(plain);
    const inbound = broken.answer(["Content-Type", "text/html", "Content-Encoding", "gzip"]);
    const out = await buffer(inbound.through?.(inPieces(Buffer.alloc(200_000, "no gzip"), 9000)) ?? Readable.from([]));
    expect(out.equals(Buffer.alloc(200_000, "no gzip"))).toBe(true);
    expect(broken.findings).toMatchObject([{ rule: "not-decoded", action: "warned" }]);
  });

  it("that breaks off breaks off for the client too", async () => {
    const body = new PassThrough();
    const out = open(plain).answer(["Content-Type", "text/html", "Content-Encoding", "gzip"]).through?.(body);
    body.write(gzipSync("x").subarray(0, 5));
    body.destroy(new Error("reset"));
    await expect(buffer(out ?? Readable.from([]))).rejects.toThrow("reset");
  });
});
