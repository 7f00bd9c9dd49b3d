// What a hostile agent would try to get a secret past the scan: places that scanners forget, encodings that lie, and pieces.

import { randomBytes } from "node:crypto";
import { gzipSync, zstdCompressSync, brotliCompressSync, deflateRawSync } from "node:zlib";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { get, openTlsTunnel, plain, raw } from "#tests/helpers/egress/client.ts";
import { ask, openHttp2 } from "#tests/helpers/egress/http2.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";
const HOST = "api.example.com";
const PLAIN = "plain.example.com";
const half = SECRET.length / 2;

let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;

beforeAll(async () => {
  upstream = await startUpstream(HOST);
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    tokens: { EGRESS_SECRET_DB_PASSWORD: SECRET },
    table: {
      hosts: { [HOST]: upstream.pin, [PLAIN]: upstream.httpPin },
      routes: [
        routeTo(HOST, { dlp: { outbound_on_match: "block" } }),
        routeTo(PLAIN, { http: true, dlp: { outbound_on_match: "block" } }),
      ],
    },
  });
  ca = await egress.ca();
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
});
beforeEach(() => void (upstream.seen.length = 0));

const hex = (text: string): string => Buffer.from(text).toString("hex");
const base64 = (text: string | Buffer): string => Buffer.from(text).toString("base64");
/** RFC 1952: a flag says that a name follows the ten bytes of the header, up to a zero. */
const namedGzip = (name: string): Buffer => {
  const bytes = gzipSync("nothing to see");
  bytes[3] = 8;
  return Buffer.concat([bytes.subarray(0, 10), Buffer.from(`${name}\0`), bytes.subarray(10)]);
};
const chunk = (text: string): string => `${Buffer.byteLength(text, "latin1").toString(16)}\r\n${text}\r\n`;

/** What comes back for these bytes within the tunnel, to the end of the first body. */
async function send(bytes: string): Promise<string> {
  const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, HOST);
  const answer = await raw(tunnel, Buffer.from(bytes, "latin1"), /\r\n\r\n.+/s);
  tunnel.destroy();
  return answer;
}

/** All that reached the server, in one text. */
const reached = (): string => JSON.stringify(upstream.seen);

const post = (body: string | Buffer, headers: Readonly<Record<string, string>> = {}) =>
  get(egress.paths.egress.socket, ca, `https://${HOST}/in`, {
    method: "POST",
    body,
    headers: { "content-length": String(Buffer.byteLength(body)), ...headers },
  });
const head = (headers: Readonly<Record<string, string>>) =>
  get(egress.paths.egress.socket, ca, `https://${HOST}/`, { headers });

describe("a secret in what frames a body", () => {
  const open = `POST /in HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n`;

  test("a trailer does not reach the server", async () => {
    await send(
      `${open}Trailer: X-Sum\r\n\r\n${chunk("fine")}0\r\nX-Sum: ${SECRET}\r\nAuthorization: Bearer mine\r\n\r\n`,
    );
    expect(reached()).not.toContain(SECRET);
    expect(reached()).not.toContain("mine");
  });

  test("a chunk's extension does not reach the server", async () => {
    await send(`${open}\r\n4;x="${SECRET}"\r\nfine\r\n0;y=${hex(SECRET)}\r\n\r\n`);
    expect(reached()).not.toContain(SECRET);
    expect(reached()).not.toContain(hex(SECRET));
  });

  test("one byte in each chunk is stopped", async () => {
    const answer = await send(`${open}\r\n${Array.from(`a ${SECRET} b`, chunk).join("")}0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 403 .*"secret_found"/s);
    expect(upstream.seen).toEqual([]);
  });

  test("the body of a request whose method has none is stopped", async () => {
    for (const method of ["GET", "HEAD", "DELETE", "OPTIONS"]) {
      const answer = await send(`${method} /in HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 24\r\n\r\n${SECRET}`);
      expect(`${method} ${answer}`).toMatch(/^\w+ HTTP\/1\.1 403 /);
    }
    expect(upstream.seen).toEqual([]);
  });

  test("what follows the announced length is a request of its own, and none", async () => {
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, HOST);
    tunnel.write(`POST /in HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 4\r\n\r\nfine`);
    await expect.poll(() => upstream.seen).toHaveLength(1);
    expect(await raw(tunnel, `${SECRET}\r\n\r\n`, /"reason"/)).toMatch(/HTTP\/1\.1 400 /);
    tunnel.destroy();
    expect(reached()).not.toContain(SECRET);
  });
});

describe("a secret in a head", () => {
  test.each([
    ["User-Agent", { "user-agent": `agent/1.0 (${SECRET})` }],
    ["Referer", { referer: `https://x.example/?q=${encodeURIComponent(SECRET)}` }],
    ["Range", { range: `bytes=${SECRET}` }],
    ["If-None-Match", { "if-none-match": `W/"${SECRET}"` }],
    ["Cookie", { cookie: `a=1; session=${base64(SECRET)}` }],
    ["Accept-Language", { "accept-language": hex(SECRET) }],
    ["Content-Type", { "content-type": `text/plain; charset=${SECRET}` }],
    ["a header's name", { [`x-${hex(SECRET)}`]: "1" }],
    ["two headers, the second in capitals", { "x-b": SECRET.slice(0, half), "X-C": SECRET.slice(half) }],
    ["text beyond ASCII", { "x-note": `\u00e4\u00ff${SECRET}\u00fe` }],
  ])("is stopped: %s", async (_where, headers) => {
    const reply = await head(headers);
    expect(reply.status).toBe(403);
    expect(reply.json().error).toBe("secret_found");
    expect(upstream.seen).toEqual([]);
  });

  test.each([
    ["a path's segment", `/a/${hex(SECRET)}/b`],
    ["a segment's parameter", `/a;v=${base64(SECRET).replaceAll("+", "-").replaceAll("/", "_")}/b`],
    ["a path, as it is", `/a/${SECRET}`],
    ["the query of a git fetch", `/repo.git/info/refs?service=git-upload-pack&x=${encodeURIComponent(SECRET)}`],
    ["a query's key in base64", `/a?${base64(SECRET).replaceAll("+", "-").replaceAll("/", "_")}=1`],
    ["a query encoded twice", `/a?b=${encodeURIComponent(encodeURIComponent(SECRET))}`],
    ["a query without keys", `/a?${hex(SECRET)}`],
    [
      "keys of a query in turn",
      `/a?${encodeURIComponent(SECRET.slice(0, half))}&${encodeURIComponent(SECRET.slice(half))}`,
    ],
  ])("is stopped: %s", async (_where, path) => {
    const reply = await get(egress.paths.egress.socket, ca, `https://${HOST}${path}`);
    expect(reply.status).toBe(403);
    expect(reply.json().error).toBe("secret_found");
    expect(upstream.seen).toEqual([]);
  });

  test("is stopped over plain HTTP as well", async () => {
    const reply = await plain(egress.paths.egress.socket, `http://${PLAIN}/?a=${encodeURIComponent(SECRET)}`);
    expect(reply.json().error).toBe("secret_found");
    expect(upstream.seen).toEqual([]);
  });
});

describe("a body whose encoding lies", () => {
  const named = (name: string): Buffer => {
    const zipped = gzipSync("fine");
    zipped[3] = 8; // a name follows the header
    return Buffer.concat([zipped.subarray(0, 10), Buffer.from(`${name}\0`), zipped.subarray(10)]);
  };
  const multipart = { "content-type": "multipart/form-data; boundary=b0" };
  const utf16 = (text: string, big = false): Buffer => {
    const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
    return big ? bytes.swap16() : bytes;
  };
  test.each<[string, string | Buffer, Record<string, string>]>([
    [
      "UTF-16, the small end first",
      utf16(`{"a": "${SECRET}"}`),
      { "content-type": "application/json; charset=utf-16" },
    ],
    ["UTF-16, the big end first", utf16(SECRET, true), { "content-type": "text/plain; charset=utf-16be" }],
    [
      "a part whose base64 has lines",
      `--b0\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(`${"words ".repeat(8)}${SECRET}`).replaceAll(/.{76}/g, "$&\r\n")}\r\n--b0--\r\n`,
      multipart,
    ],
    [
      "entities of XML",
      `<a>${Array.from(SECRET)
        .map((one) => `&#${one.charCodeAt(0)};`)
        .join("")}</a>`,
      { "content-type": "application/xml" },
    ],
    [
      "hex in capitals with colons",
      hex(SECRET)
        .toUpperCase()
        .replaceAll(/..(?!$)/g, "$&:"),
      {},
    ],
    ["the name within a gzip file's header", named(SECRET), {}],
    [
      "the second of two gzip members",
      Buffer.concat([gzipSync("fine"), gzipSync(SECRET)]),
      { "content-encoding": "gzip" },
    ],
    ["bytes behind gzip's end", Buffer.concat([gzipSync("fine"), Buffer.from(SECRET)]), { "content-encoding": "gzip" }],
    ["plain text said to be gzip", SECRET, { "content-encoding": "gzip" }],
    ["gzip said to be deflate", gzipSync(SECRET), { "content-encoding": "deflate" }],
    ["gzip that is not said to be any", gzipSync(SECRET), {}],
    ["gzip within gzip, said once", gzipSync(gzipSync(SECRET)), { "content-encoding": "gzip" }],
    ["gzip within br", brotliCompressSync(gzipSync(SECRET)), { "content-encoding": "gzip, br" }],
    ["an encoding in capitals and blanks", gzipSync(SECRET), { "content-encoding": "  GZip ," }],
    ["deflate without its header", deflateRawSync(SECRET), { "content-encoding": "deflate" }],
    [
      "a second zstd frame",
      Buffer.concat([zstdCompressSync("fine"), zstdCompressSync(SECRET)]),
      { "content-encoding": "zstd" },
    ],
    [
      "a boundary within a boundary",
      `--b0\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\n\r\n${SECRET}\r\n--b1--\r\n--b0--\r\n`,
      multipart,
    ],
    ["words before the first boundary", `${SECRET}\r\n--b0\r\n\r\nx\r\n--b0--\r\n`, multipart],
    ["words behind the last boundary", `--b0\r\n\r\nx\r\n--b0--\r\n${SECRET}`, multipart],
    ["a part in base64", `--b0\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(SECRET)}\r\n--b0--\r\n`, multipart],
    [
      "a file name for every language",
      `--b0\r\nContent-Disposition: form-data; name=f; filename*=UTF-8''${encodeURIComponent(SECRET)}\r\n\r\nx\r\n--b0--\r\n`,
      multipart,
    ],
    ["a boundary that is the secret", "x", { "content-type": `multipart/form-data; boundary="${SECRET}"` }],
    [
      "fields of a form in turn",
      `a=${encodeURIComponent(SECRET.slice(0, half))}&b=${encodeURIComponent(SECRET.slice(half))}`,
      { "content-type": "application/x-www-form-urlencoded" },
    ],
    [
      "strings of JSON in turn",
      JSON.stringify([SECRET.slice(0, half), SECRET.slice(half)]),
      { "content-type": "application/json" },
    ],
    [
      "JSON within JSON",
      JSON.stringify({ a: JSON.stringify({ b: JSON.stringify(SECRET) }) }),
      { "content-type": "application/json" },
    ],
    [
      "a URL of data",
      `{"image": "data:text/plain;base64,${base64(`see ${SECRET} there`)}"}`,
      { "content-type": "application/json" },
    ],
    ["quoted-printable", `=71=38${SECRET.slice(2)}`, { "content-type": "message/rfc822" }],
    [
      "escapes of a shell",
      `printf '${Array.from(SECRET)
        .map((one) => `\\x${one.charCodeAt(0).toString(16)}`)
        .join("")}'`,
      {},
    ],
    [
      "70 findings that are only noted before it",
      Array.from({ length: 70 }, () => `token="${randomBytes(24).toString("base64url")}"\n`).join("") + SECRET,
      {},
    ],
    [
      "40 pieces that seem to be gzip before it",
      Buffer.concat([
        ...Array.from({ length: 40 }, () => Buffer.from("1f8b08ff000000000000ffff", "hex")),
        gzipSync(`see ${SECRET}`),
      ]),
      {},
    ],
    [
      "far within a gzip file of a long upload",
      Buffer.concat([
        Buffer.from("--b0\r\nContent-Disposition: form-data; name=f; filename=x.gz\r\n\r\n"),
        gzipSync(Buffer.concat([randomBytes(1_300_000), Buffer.from(`\n${SECRET}\n`)])),
        Buffer.from("\r\n--b0--\r\n"),
      ]),
      multipart,
    ],
    [
      "two of the pieces of an upload to S3",
      `c\r\n${SECRET.slice(0, 12)}\r\nc\r\n${SECRET.slice(12)}\r\n0\r\n\r\n`,
      { "content-encoding": "aws-chunked" },
    ],
    ["the name within gzip's own header", namedGzip(SECRET), { "content-encoding": "gzip" }],
  ])("does not get out: %s", async (_how, body, headers) => {
    const reply = await post(body, headers);
    expect(reply.status).toBe(403);
    expect(["secret_found", "cannot_scan"]).toContain(reply.json().error);
    expect(upstream.seen).toEqual([]);
  });

  test.each<[string, Buffer, string]>([
    ["zstd with a window of gigabytes", Buffer.from("28b52ffd0090f8", "hex"), "zstd"],
    ["zstd that claims exabytes", Buffer.from("28b52ffde0ffffffffffffff7f", "hex"), "zstd"],
    ["a bomb of br", brotliCompressSync(Buffer.alloc(64 * 1_048_576)), "br"],
    ["a bomb of zstd", zstdCompressSync(Buffer.alloc(64 * 1_048_576)), "zstd"],
    ["a bomb within a bomb", gzipSync(gzipSync(Buffer.alloc(256 * 1_048_576))), "gzip, gzip"],
  ])("is refused as a bomb: %s", async (_what, body, coding) => {
    const reply = await post(body, { "content-encoding": coding });
    expect(reply.status).toBe(403);
    expect(reply.json().error).toBe("cannot_scan");
    expect(upstream.seen).toEqual([]);
  });
});

describe("a secret over HTTP/2", () => {
  test.each([
    ["in a header's name", { ":path": "/", [`x-${hex(SECRET)}`]: "1" }],
    ["in a header's value", { ":path": "/", "x-note": SECRET }],
    ["in the path", { ":path": `/?a=${encodeURIComponent(SECRET)}` }],
    ["in crumbs of a cookie", { ":path": "/", cookie: ["a=1", `b=${base64(SECRET)}`] }],
  ])("is stopped: %s", async (_where, headers) => {
    const session = await openHttp2(egress.paths.egress.socket, ca, HOST);
    const reply = await ask(session, headers);
    expect(reply).toMatchObject({ status: 403, headers: { "x-bottle-egress": "secret_found" } });
    session.destroy();
    expect(upstream.seen).toEqual([]);
  });

  test("in a trailer does not reach the server", async () => {
    const session = await openHttp2(egress.paths.egress.socket, ca, HOST);
    const stream = session.request({ ":method": "POST", ":path": "/in" }, { waitForTrailers: true });
    stream.on("error", () => {});
    stream.once("wantTrailers", () => stream.sendTrailers({ "x-sum": SECRET, authorization: "Bearer mine" }));
    stream.end("fine");
    stream.resume();
    await new Promise((resolve) => stream.once("close", resolve));
    session.destroy();
    expect(reached()).not.toContain(SECRET);
    expect(reached()).not.toContain("mine");
  });

  test("in single bytes, a frame each, is stopped", async () => {
    const session = await openHttp2(egress.paths.egress.socket, ca, HOST);
    const stream = session.request({ ":method": "POST", ":path": "/in" });
    stream.on("error", () => {});
    const status = new Promise((resolve) => stream.once("response", (headers) => resolve(headers[":status"])));
    for (const byte of SECRET) await new Promise((resolve) => stream.write(byte, resolve));
    stream.end();
    expect(await status).toBe(403);
    session.destroy();
    expect(upstream.seen).toEqual([]);
  });
});
