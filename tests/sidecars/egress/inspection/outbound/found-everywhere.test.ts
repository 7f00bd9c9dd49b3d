// A secret is found wherever it stands in a request and however it is written there.

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { type AskedRequest, bench, type Bench } from "#tests/helpers/egress/inspected.ts";

const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";
const FORM = ["content-type", "application/x-www-form-urlencoded"];
const JSON_TYPE = ["content-type", "application/json"];
const MULTIPART = ["content-type", 'multipart/form-data; boundary="b0"'];

let at: Bench;
beforeEach(() => void (at = bench("block", [{ rule: "own:test", value: SECRET }])));
afterEach(() => at.remove());

const percent = (text: string): string =>
  Array.from(text)
    .map((char) => `%${char.charCodeAt(0).toString(16)}`)
    .join("");
const unicode = (text: string): string =>
  Array.from(text)
    .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
const quoted = (text: string): string =>
  Array.from(text)
    .map((char) => `=${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .join("");
const base64 = (bytes: string | Buffer): string => Buffer.from(bytes).toString("base64");
const hex = (bytes: string | Buffer): string => Buffer.from(bytes).toString("hex");
const base32 = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("")
    .match(/.{1,5}/g)!
    .map((bits) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(bits.padEnd(5, "0"), 2)])
    .join("");
const spaced = (text: string, by: string): string => hex(text).match(/../g)!.join(by);
const FILLER = "It is long enough that the secret stands on two lines.";
const part = (head: string, body: string): string =>
  `--b0\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n--b0--\r\n`;
const half = SECRET.length / 2;

const places: [string, AskedRequest, string][] = [
  ["path", { forward: `/a/${percent(SECRET)}/b` }, "path, percent-encoded"],
  ["query key", { forward: `/a?b=1&${encodeURIComponent(SECRET)}=1` }, "query key, percent-encoded"],
  ["query value", { forward: `/a?token=${encodeURIComponent(SECRET)}&c=1` }, 'query value of "token", percent-encoded'],
  [
    "query value twice encoded",
    { forward: `/?a=${percent(percent(SECRET))}` },
    'query value of "a", percent-encoded within percent-encoded',
  ],
  ["query in base64", { forward: `/x?q=${base64(SECRET)}` }, 'query value of "q", base64'],
  ["path in base64url", { forward: `/up/${Buffer.from(SECRET).toString("base64url")}` }, "path, base64"],
  ["path in hex", { forward: `/upload/${hex(SECRET)}` }, "path, hex"],
  [
    "split over query values",
    { forward: `/x?a=${percent(SECRET.slice(0, half))}&b=${percent(SECRET.slice(half))}` },
    "several query values, percent-encoded",
  ],
  ["header value", { headers: ["X-Note", `see ${SECRET}`] }, "header X-Note"],
  ["header value in hex", { headers: ["X-Note", hex(SECRET)] }, "header X-Note, hex"],
  ["header name", { headers: [`X-${hex(SECRET)}`, "1"] }, "header name, hex"],
  ["cookie", { headers: ["Cookie", `a=1; b=${SECRET}`] }, "header Cookie"],
  [
    "split over headers",
    { headers: ["X-A", SECRET.slice(0, half), "Accept", "*/*", "x-b", SECRET.slice(half)] },
    "several headers",
  ],
  [
    "split over headers of any name",
    { headers: ["One", SECRET.slice(0, half), "User-Agent", "curl/8", "Two", SECRET.slice(half)] },
    "several headers",
  ],
  [
    "split over usual headers",
    { headers: ["Accept", SECRET.slice(0, half), "User-Agent", SECRET.slice(half)] },
    "several headers",
  ],
  ["UTF-16LE", { body: Buffer.from(`\ufeffnote: ${SECRET} end`, "utf16le") }, "body, UTF-16"],
  ["UTF-16BE", { body: Buffer.from(`note: ${SECRET} end`, "utf16le").swap16() }, "body, UTF-16"],
  ["UTF-16 of base64", { body: Buffer.from(`x=${base64(SECRET)}`, "utf16le") }, "body, base64 within UTF-16"],
  ["UTF-16 after a byte", { body: Buffer.concat([Buffer.from("!"), Buffer.from(SECRET, "utf16le")]) }, "body, UTF-16"],
  ["base32", { body: `a ${base32(SECRET)} b` }, "body, base32"],
  ["base32 in small letters", { forward: `/x-${base32(SECRET).toLowerCase()}` }, "path, base32"],
  ["base32 behind letters", { body: `ABCDEFG${base32(SECRET)}` }, "body, base32"],
  [
    "base64 in lines",
    {
      body: base64(`${FILLER}${SECRET}`)
        .match(/.{1,76}/g)!
        .join("\r\n"),
    },
    "body, base64",
  ],
  [
    "base64 in lines within JSON",
    {
      headers: JSON_TYPE,
      body: JSON.stringify({
        a: base64(`${FILLER}${SECRET}`)
          .match(/.{1,64}/g)!
          .join("\n"),
      }),
    },
    "body, base64",
  ],
  ["hex with colons", { body: `fp ${spaced(SECRET, ":")}.` }, "body, hex"],
  ["hex with blanks", { body: `xx ${spaced(SECRET, " ").toUpperCase()} yy` }, "body, hex"],
  ["hex as numbers", { body: `[0x${spaced(SECRET, ", 0x")}]` }, "body, hex"],
  ["HTML", { body: `<p>${SECRET.replaceAll("/", "&sol;").replaceAll("+", "&#43;")}</p>` }, "body, HTML-escaped"],
  ["HTML, all of it", { body: `<p>${Array.from(SECRET, (c) => `&#x${hex(c)};`).join("")}</p>` }, "body, HTML-escaped"],
  ["text", { body: `some text ${SECRET} more` }, "body"],
  ["JSON value", { headers: JSON_TYPE, body: JSON.stringify({ a: [{ b: SECRET }] }) }, "body"],
  ["JSON value with escapes", { headers: JSON_TYPE, body: `{"a":"${SECRET.replace("/", "\\/")}"}` }, "body, escaped"],
  ["JSON value all escaped", { headers: JSON_TYPE, body: `{"a":"${unicode(SECRET)}"}` }, "body, escaped"],
  ["JSON key", { headers: JSON_TYPE, body: JSON.stringify({ [SECRET]: 1 }) }, "body"],
  [
    "JSON in JSON",
    { headers: JSON_TYPE, body: JSON.stringify({ a: `{"b":"${unicode(SECRET)}"}` }) },
    "body, escaped within escaped",
  ],
  [
    "JSON strings",
    { headers: JSON_TYPE, body: JSON.stringify([SECRET.slice(0, half), SECRET.slice(half)]) },
    "several JSON strings",
  ],
  [
    "form value",
    { headers: FORM, body: `a=1&b=${encodeURIComponent(SECRET)}` },
    'body, form field "b", percent-encoded',
  ],
  [
    "form fields",
    {
      headers: FORM,
      body: `a=${encodeURIComponent(SECRET.slice(0, half))}&b=${encodeURIComponent(SECRET.slice(half))}`,
    },
    "several form fields, percent-encoded",
  ],
  ["multipart content", { headers: MULTIPART, body: part('name="f"', `x ${SECRET}`) }, 'body, part "f"'],
  [
    "multipart file name",
    { headers: MULTIPART, body: part(`name="f"; filename="${SECRET}.txt"`, "x") },
    'body, file name of part "f"',
  ],
  ["multipart name", { headers: MULTIPART, body: part(`name="${SECRET}"`, "x") }, "body, head of part (masked)"],
  [
    "multipart base64",
    {
      headers: MULTIPART,
      body: part(
        'name="f"\r\nContent-Transfer-Encoding: base64',
        base64(`${"text ".repeat(30)}${SECRET}`).replaceAll(/.{76}/g, "$&\r\n"),
      ),
    },
    'body, part "f", base64',
  ],
  [
    "multipart quoted-printable",
    { headers: MULTIPART, body: part('name="f"\r\nContent-Transfer-Encoding: quoted-printable', quoted(SECRET)) },
    'body, part "f", quoted-printable',
  ],
  [
    "soft line breaks",
    { headers: MULTIPART, body: part('name="f"', `${SECRET.slice(0, 7)}=\r\n${SECRET.slice(7)}`) },
    'body, part "f", quoted-printable',
  ],
  ["base64", { body: base64(SECRET) }, "body, base64"],
  [
    "base64 in the middle of a document",
    { body: base64(`${"words and words ".repeat(9)}${SECRET} and more`) },
    "body, base64",
  ],
  ["base64 twice", { body: base64(base64(SECRET)) }, "body, base64 within base64"],
  ["base64 three times", { body: base64(base64(base64(SECRET))) }, "body, base64 within base64 within base64"],
  ["hex", { body: hex(SECRET) }, "body, hex"],
  ["hex in capitals", { body: hex(SECRET).toUpperCase() }, "body, hex"],
  [
    "gzip in base64 in JSON",
    { headers: JSON_TYPE, body: JSON.stringify({ file: base64(gzipSync(SECRET)) }) },
    "body, compressed within base64",
  ],
  ["gzip in hex", { body: hex(gzipSync(SECRET)) }, "body, compressed within hex"],
  [
    "gzip in a multipart",
    {
      headers: MULTIPART,
      body: Buffer.concat([Buffer.from("--b0\r\n\r\n"), gzipSync(SECRET), Buffer.from("\r\n--b0--")]),
    },
    'body, part "", compressed',
  ],
  ["gzip", { headers: ["content-encoding", "gzip"], body: gzipSync(SECRET) }, "body, compressed"],
  ["deflate", { headers: ["Content-Encoding", "deflate"], body: deflateSync(SECRET) }, "body, compressed"],
  [
    "deflate without a header",
    { headers: ["content-encoding", "DEFLATE"], body: deflateRawSync(SECRET) },
    "body, compressed",
  ],
  ["br", { headers: ["content-encoding", "br"], body: brotliCompressSync(SECRET) }, "body, compressed"],
  ["zstd", { headers: ["content-encoding", "zstd"], body: zstdCompressSync(SECRET) }, "body, compressed"],
  [
    "gzip, then br",
    { headers: ["content-encoding", "gzip, br"], body: brotliCompressSync(gzipSync(base64(SECRET))) },
    "body, base64 within compressed",
  ],
];

describe("a secret is found, and its request refused, in", () => {
  test.each(places)("%s", async (_name, ask, where) => {
    const sent = await at.request(ask).sent();
    expect(sent).toMatchObject({ ok: false, refusal: { status: 403, code: "secret_found", rule: "own:test" } });
    expect(at.findings).toEqual([{ rule: "own:test", direction: "outbound", where, action: "blocked" }]);
    expect(JSON.stringify([sent, at.audited])).not.toContain(SECRET);
  });
});

test("split over two chunks at every place", async () => {
  const body = Buffer.from(`before ${SECRET} after`);
  for (let cut = 1; cut < body.length; cut += 1) {
    const sent = await at.request({ body: [body.subarray(0, cut), body.subarray(cut)] }).sent();
    expect(sent).toMatchObject({ ok: false, refusal: { code: "secret_found" } });
  }
});

test("in any nesting of three encodings, at any place of a text, in any chunks", async () => {
  const encodings: Record<string, (bytes: Buffer) => Buffer> = {
    base64: (bytes) => Buffer.from(bytes.toString("base64")),
    base64url: (bytes) => Buffer.from(bytes.toString("base64url")),
    hex: (bytes) => Buffer.from(bytes.toString("hex")),
    percent: (bytes) => Buffer.from(percent(bytes.toString("latin1"))),
    unicode: (bytes) => Buffer.from(unicode(bytes.toString("latin1"))),
    json: (bytes) => Buffer.from(JSON.stringify(bytes.toString("latin1")).replaceAll("/", "\\/")),
    gzip: (bytes) => gzipSync(bytes),
    zstd: (bytes) => zstdCompressSync(bytes),
  };
  const name = fc.constantFrom(...Object.keys(encodings));
  const around = fc.string({ unit: fc.constantFrom("a", "7", " ", "\n", ".", "/", "=", '"'), maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(name, { maxLength: 3 }),
      around,
      around,
      fc.integer({ min: 1, max: 60 }),
      async (nesting, before, after, size) => {
        // What encodes to bytes, not text, ends the chain of those that take text.
        const inner = Buffer.from(`${before} ${SECRET} ${after}`);
        let bytes: Buffer = inner;
        for (const each of nesting) {
          const isBinary = bytes[0] === 0x1f || bytes[0] === 0x28;
          bytes = encodings[isBinary && !/^base64|hex|zip|zstd/.test(each) ? "base64" : each]!(bytes);
        }
        const body = Buffer.concat([Buffer.from("x: "), bytes, Buffer.from("\n")]);
        const chunks = Array.from({ length: Math.ceil(body.length / size) }, (_, index) =>
          body.subarray(index * size, (index + 1) * size),
        );
        const sent = await at.request({ body: chunks }).sent();
        expect(sent).toMatchObject({ ok: false, refusal: { code: "secret_found" } });
      },
    ),
    { numRuns: 400 },
  );
});
