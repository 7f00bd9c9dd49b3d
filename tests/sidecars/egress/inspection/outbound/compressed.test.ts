// What is compressed within a body, wherever it stands and however long it is; and bounds that are never silent.

import { randomBytes } from "node:crypto";
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

import { afterEach, describe, expect, test } from "vitest";

import { bench, type Bench, type Sent } from "#tests/helpers/egress/inspected.ts";

const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";

let at: Bench | undefined;
afterEach(() => at?.remove());

function send(body: Buffer | string, mode: "redact" | "block" = "block", headers: string[] = []): Promise<Sent> {
  at = bench(mode, [{ rule: "own:test", value: SECRET }]);
  const bytes = Buffer.from(body);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 60_000) }, (_, index) =>
    bytes.subarray(index * 60_000, (index + 1) * 60_000),
  );
  return at.request({ body: chunks, headers }).sent();
}

const noise = randomBytes(1_300_000);
const words = Buffer.from(noise.subarray(0, 400_000).toString("hex"));
/** The secret stands far behind the first window, and so does what follows it. */
const long = Buffer.concat([words, Buffer.from(`\n${SECRET}\n`), words]);
const small = gzipSync(`see ${SECRET} there`);

function zipEntry(content: Buffer, name = "a.txt"): Buffer {
  const header = Buffer.alloc(30);
  header.write("PK\u0003\u0004", "latin1");
  header.writeUInt16LE(8, 8);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), deflateRawSync(content)]);
}
/** Begins as gzip does, and is none. */
function fake(): Buffer {
  return Buffer.concat([Buffer.from("1f8b0800000000000000ff", "hex"), randomBytes(20)]);
}
const lines = (text: string, end: string): string => text.replaceAll(/.{76}/g, `$&${end}`);

describe("a compressed piece of a long body is read to its end", () => {
  test.each<[string, Buffer | string]>([
    ["gzip in front of other bytes", Buffer.concat([gzipSync(long), noise])],
    ["gzip behind other bytes", Buffer.concat([noise, gzipSync(long)])],
    ["gzip over the edge of a window", Buffer.concat([noise.subarray(0, 128 * 1024 - 2), gzipSync(long), noise])],
    ["a file of a zip", Buffer.concat([noise, zipEntry(long)])],
    ["zstd", Buffer.concat([noise, zstdCompressSync(long), noise])],
    ["zlib behind a line end", Buffer.concat([noise, Buffer.from("\r\n"), deflateSync(long), noise])],
    ["gzip within gzip within gzip", Buffer.concat([Buffer.from("x"), gzipSync(gzipSync(gzipSync(long))), noise])],
    ["gzip in base64", `{"a":"${gzipSync(long).toString("base64")}"}${noise.toString("hex")}`],
    ["gzip in base64 behind a path", `https://a/bb/${gzipSync(long).toString("base64")} ${noise.toString("hex")}`],
    ["gzip in lines of base64", lines(gzipSync(long).toString("base64"), "\r\n") + noise.toString("hex")],
    [
      "gzip in lines of base64 in JSON",
      JSON.stringify(lines(gzipSync(long).toString("base64"), "\n")) + noise.toString("hex"),
    ],
    [
      "gzip in base64 with escaped slashes",
      JSON.stringify(gzipSync(long).toString("base64")).replaceAll("/", "\\/") + noise.toString("hex"),
    ],
    ["gzip in hex", `${gzipSync(long).toString("hex")} ${noise.toString("base64")}`],
    ["base64 of gzip in gzip", Buffer.concat([gzipSync(gzipSync(long).toString("base64")), noise])],
  ])("%s", async (_what, body) => {
    expect(await send(body)).toMatchObject({ ok: false, refusal: { code: "secret_found" } });
  });

  test.each<[string, Buffer | string]>([
    ["base64 of base64 of gzip", Buffer.from(gzipSync(long).toString("base64")).toString("base64")],
    ["base64 of gzip in a form", encodeURIComponent(gzipSync(Buffer.concat([long, noise])).toString("base64"))],
    [
      "more than four within one another",
      [1, 2, 3, 4, 5].reduce((inner: Buffer) => Buffer.concat([Buffer.from("z"), gzipSync(inner)]), noise),
    ],
    ["a bomb", Buffer.concat([noise, gzipSync(Buffer.alloc(60_000_000))])],
    [
      "a file whose name does not end",
      Buffer.concat([Buffer.from("1f8b0808000000000000", "hex"), Buffer.alloc(600_000, 97), noise]),
    ],
  ])("or refused: %s", async (_what, body) => {
    expect(await send(body)).toMatchObject({ ok: false, refusal: { code: "cannot_scan" } });
  });
});

describe("an upload of what is compressed goes out as it came", () => {
  const zip = Buffer.concat(
    Array.from({ length: 3000 }, (_, index) =>
      zipEntry(words.subarray(index * 200, index * 200 + 900), `${index}.txt`),
    ),
  );
  test.each<[string, Buffer | string]>([
    ["a gzip file", gzipSync(Buffer.concat([words, noise, words]))],
    ["a zip of many files", zip],
    ["a zip of many small files that is held", zip.subarray(0, 900_000)],
    ["a zip in base64", JSON.stringify({ file: zip.toString("base64") })],
    ["a zip in base64 with escaped slashes", JSON.stringify({ file: zip.toString("base64") }).replaceAll("/", "\\/")],
    [
      "gzip files one behind the other",
      Buffer.concat(Array.from({ length: 300 }, () => gzipSync(words.subarray(0, 9999)))),
    ],
    ["noise", noise],
    ["noise in base64", noise.toString("base64")],
    ["noise in hex", noise.toString("hex")],
    ["formulas", "x^2 + x^3\n".repeat(100_000)],
    ["rows of backslashes", `${"\\".repeat(700)}\n`.repeat(20)],
    ["a short file that becomes long", gzipSync("a line of a log, and one more like it\n".repeat(400_000))],
  ])("%s", async (_what, body) => {
    const sent = await send(body);
    expect(sent).toMatchObject({ ok: true });
    expect(sent.ok && sent.body.equals(Buffer.from(body))).toBe(true);
  });
});

describe("no bound lets through what is behind it", () => {
  const noted = Array.from({ length: 200 }, () => `token="${randomBytes(24).toString("base64url")}"\n`).join("");
  test.each<[string, Buffer | string]>([
    ["200 findings that are only noted", `${noted}x=${SECRET}`],
    ["64 pieces that are none", Buffer.concat([...Array.from({ length: 64 }, fake), small])],
    ["64 in base64 that are none", `${"H4sIAAAAAAAAAAAAAAAAAAAA ".repeat(64)}${small.toString("base64")}`],
    ["64 in one run of base64", "H4sIAAAAAAAA".repeat(64) + small.toString("base64")],
    ["letters before zlib in base64", `https://x/aaaa/${deflateSync(`see ${SECRET}`).toString("base64")}`],
    ["letters before gzip in hex", `abcd${small.toString("hex")}`],
    [
      "a gzip file that breaks",
      Buffer.concat([gzipSync(long.subarray(780_000)).subarray(0, 20_000), Buffer.alloc(99, 255)]),
    ],
    ["zstd that is cut off", zstdCompressSync(Buffer.concat([Buffer.from(SECRET), noise])).subarray(0, 300_000)],
    ["base64 of base64, ten times", Array.from({ length: 10 }).reduce<string>((text) => btoa(text), SECRET)],
  ])("%s", async (_what, body) => {
    expect(await send(body)).toMatchObject({ ok: false, refusal: { code: "secret_found" } });
  });

  test.each<[string, Buffer | string]>([
    ["5000 pieces that are none", Buffer.concat([...Array.from({ length: 5000 }, fake), small])],
    ["base64 of base64, twenty times", Array.from({ length: 20 }).reduce<string>((text) => btoa(text), SECRET)],
    ["3000 secrets", `${SECRET}\n`.repeat(3000)],
  ])("and behind the last it is refused: %s", async (_what, body) => {
    const sent = await send(body, "redact");
    expect(sent).toMatchObject({ ok: false, refusal: { code: "cannot_scan" } });
  });

  test("every one of 1000 secrets is replaced", async () => {
    const sent = await send(`${SECRET}\n`.repeat(1000), "redact");
    expect(sent.ok && sent.body.toString()).toBe(`${"*".repeat(SECRET.length)}\n`.repeat(1000));
  });
});

describe("an upload in signed pieces", () => {
  const coded = ["content-encoding", "aws-chunked"];
  const framed = (pieces: readonly Buffer[], trailer = ""): Buffer =>
    Buffer.concat([
      ...pieces.flatMap((piece) => [
        Buffer.from(`${piece.length.toString(16)};chunk-signature=${"a".repeat(64)}\r\n`),
        piece,
        Buffer.from("\r\n"),
      ]),
      Buffer.from(`0;chunk-signature=${"b".repeat(64)}\r\n${trailer}\r\n`),
    ]);
  const halves = [Buffer.from(SECRET.slice(0, 12)), Buffer.from(SECRET.slice(12))];
  const pieces = Array.from({ length: 20 }, (_, index) => noise.subarray(index * 65_000, (index + 1) * 65_000));

  test.each<[string, Buffer]>([
    ["a secret over two of them", framed(halves)],
    ["a secret over two of many", framed([...pieces, ...halves])],
    ["a secret in a trailer", framed([Buffer.from("fine")], `x-sum:${SECRET}\r\n`)],
    [
      "a secret for a signature",
      Buffer.from(
        framed([Buffer.from("fine")])
          .toString()
          .replace(/a{64}/, Buffer.from(SECRET).toString("hex")),
      ),
    ],
  ])("is stopped: %s", async (_what, body) => {
    expect(await send(body, "redact", coded)).toMatchObject({ ok: false, refusal: { code: "secret_found" } });
  });

  test("goes out as it came, long or short", async () => {
    for (const body of [framed([Buffer.from("fine")], "x-amz-checksum-crc32:AAAAAA==\r\n"), framed(pieces)]) {
      const sent = await send(body, "block", coded);
      expect(sent.ok && sent.body.equals(body)).toBe(true);
      await at?.remove();
    }
  });

  test("that are none cannot be scanned", async () => {
    const sent = await send(`18;x=y\r\n${SECRET}\r\n0\r\n\r\n`, "block", coded);
    expect(sent).toMatchObject({ ok: false, refusal: { code: "cannot_scan" } });
  });
});
