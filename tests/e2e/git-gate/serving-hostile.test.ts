// An agent that speaks to the gate itself: wrong paths, lengths, encodings and pkt-lines. After each the gate serves on,
// and no process is left.

import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { createHash } from "node:crypto";
import { deflateSync, gzipSync } from "node:zlib";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { childrenOf } from "#lib/process-tree.ts";
import { sendHttp, sendRaw } from "#tests/helpers/git/raw.ts";
import { openSetting, type GateSetting } from "#tests/helpers/git/setting.ts";
import { requireSshd } from "#tests/helpers/git/upstream.ts";

const MOST = 100_000;
/** The head of a pack of one object, and of the object: a blob of 50,000,000 bytes. */
const ONE_LARGE_BLOB = Buffer.from("5041434b0000000200000001b088debe01", "hex");

describe("a hostile client of the git gate", requireSshd(), () => {
  let at: GateSetting;
  beforeAll(async () => {
    at = await openSetting({ maxPackBytes: MOST });
  });
  afterAll(() => at.close());
  // oxlint-disable vitest/no-standalone-expect -- what must hold after each of them
  afterEach(async () => {
    await expect.poll(() => childrenOf(at.gate.process.pid!), { timeout: 10_000 }).toEqual([]);
    expect(await at.run(["ls-remote", at.gate.http("demo")])).toMatchObject({ code: 0 });
  });
  // oxlint-enable vitest/no-standalone-expect -- from here on in tests

  const http = (head: readonly string[], body: string | Uint8Array = "") => sendHttp(at.gate.httpPort, head, body);
  const git = (bytes: string) => sendRaw(at.gate.daemonPort, bytes);
  const type = (service: string): string => `Content-Type: application/x-git-${service}-request`;

  it.for([
    "/",
    "/demo.git",
    "/demo.git/",
    "/demo/info/refs?service=git-upload-pack",
    "/other.git/info/refs?service=git-upload-pack",
    "/demo.git/../demo.git/info/refs?service=git-upload-pack",
    "/../demo.git/info/refs?service=git-upload-pack",
    "/./demo.git/info/refs?service=git-upload-pack",
    "//demo.git/info/refs?service=git-upload-pack",
    "/demo.git//info/refs?service=git-upload-pack",
    "/demo.git/info/refs/?service=git-upload-pack",
    "/%64emo.git/info/refs?service=git-upload-pack",
    "/demo.git%2finfo/refs?service=git-upload-pack",
    "/demo.git%00/info/refs?service=git-upload-pack",
    "/..%2f..%2fetc/passwd",
    "/demo.git/HEAD",
    "/demo.git/config",
    "/demo.git/hooks/pre-receive",
    "/demo.git/objects/info/packs",
    "/demo.git/objects/info/alternates",
    "/demo.git/git-upload-archive",
    "/home/info/refs?service=git-upload-pack",
    "/ssh/demo.identity",
    "/demo.lock",
    "http://127.0.0.1/demo.git/info/refs?service=git-upload-pack",
    "/DEMO.git/info/refs?service=git-upload-pack",
    `/${"a".repeat(4000)}.git/info/refs?service=git-upload-pack`,
  ])("finds nothing at %s", async (path) => {
    expect((await http([`GET ${path} HTTP/1.1`])).status).toBe(404);
  });

  it.for([
    ["GET", "/demo.git/git-upload-pack", 405],
    ["HEAD", "/demo.git/info/refs?service=git-upload-pack", 405],
    ["PUT", "/demo.git/git-receive-pack", 405],
    ["DELETE", "/demo.git/info/refs", 405],
    ["POST", "/demo.git/info/refs?service=git-upload-pack", 405],
    ["GET", "/demo.git/info/refs", 403],
    ["GET", "/demo.git/info/refs?service=", 403],
    ["GET", "/demo.git/info/refs?service=git-upload-archive", 403],
    ["GET", "/demo.git/info/refs?service=git-upload-pack&service=git-receive-pack", 403],
    ["GET", "/demo.git/info/refs?service=git-upload-pack%0a", 403],
  ] as const)("gets for %s %s the answer %i", async ([method, path, status]) => {
    expect((await http([`${method} ${path} HTTP/1.1`])).status).toBe(status);
  });

  it.for([
    ["no length", [], "", 411],
    ["a negative length", ["Content-Length: -1"], "0000", 400],
    ["a length that is no number", ["Content-Length: four"], "0000", 400],
    ["a length with a sign", ["Content-Length: +4"], "0000", 400],
    ["two lengths", ["Content-Length: 4", "Content-Length: 5"], "0000", 400],
    ["an endless length", [`Content-Length: ${"9".repeat(40)}`], "0000", 400],
    ["a length and chunks", ["Content-Length: 4", "Transfer-Encoding: chunked"], "4\r\n0000\r\n0\r\n\r\n", 400],
    ["a length beyond the limit", [`Content-Length: ${MOST + 1}`], "0000", 413],
    ["another encoding", ["Content-Length: 4", "Content-Encoding: br"], "0000", 415],
    ["bad chunks", ["Transfer-Encoding: chunked"], "zz\r\n", 400],
  ] as const)("pushing with %s is refused", async ([, headers, body, status]) => {
    const answer = await http(["POST /demo.git/git-receive-pack HTTP/1.1", type("receive-pack"), ...headers], body);
    expect(answer.status).toBe(status);
  });

  it("pushing with another type of body is refused", async () => {
    const head = ["POST /demo.git/git-receive-pack HTTP/1.1", "Content-Type: text/plain", "Content-Length: 4"];
    expect((await http(head, "0000")).status).toBe(415);
  });

  it("pushing more in chunks than a pack may have is refused where it is too much", async () => {
    const chunks = [`${command}0000PACK`, ...Array.from({ length: 11 }, () => "P".repeat(10_000))].map(chunk).join("");
    const head = ["POST /demo.git/git-receive-pack HTTP/1.1", type("receive-pack"), "Transfer-Encoding: chunked"];
    expect((await http(head, chunks)).status).toBe(413);
  });

  it("pushing little gzip that is much unpacked is refused as well", async () => {
    // One that git reads on: what is wrong from its first byte git refuses itself, before it is too much.
    const file = Buffer.concat([ONE_LARGE_BLOB, deflateSync(Buffer.alloc(50_000_000), { level: 0 })]);
    const bomb = gzipSync(Buffer.concat([Buffer.from(`${command}0000`), file]));
    expect(bomb.length).toBeLessThan(MOST);
    const head = [
      "POST /demo.git/git-receive-pack HTTP/1.1",
      type("receive-pack"),
      "Content-Encoding: gzip",
      `Content-Length: ${bomb.length}`,
    ];
    expect((await http(head, bomb)).status).toBe(413);
  });

  it("pushing a small pack that unpacks to gigabytes is refused by a git that fails alone", async () => {
    const { pack, base } = deltaBomb();
    const body = Buffer.concat([
      Buffer.from(`${pkt(`${"0".repeat(40)} ${base} refs/heads/x\0report-status`)}0000`),
      pack,
    ]);
    const head = ["POST /demo.git/git-receive-pack HTTP/1.1", type("receive-pack"), `Content-Length: ${body.length}`];
    expect((await http(head, body)).body).toContain("ng refs/heads/x unpacker error");
    expect(await at.run(["ls-remote", "-q", at.gate.http("demo")])).toMatchObject({ code: 0 });
  });

  it("asking with what is no gzip is refused", async () => {
    const head = [
      "POST /demo.git/git-upload-pack HTTP/1.1",
      type("upload-pack"),
      "Content-Encoding: gzip",
      "Content-Length: 4",
    ];
    expect((await http(head, "0000")).status).toBe(400);
  });

  it("pushing endless names of refs is refused before git holds them", async () => {
    const zero = "0".repeat(40);
    const lines = Array.from({ length: 25_000 }, (_, index) => pkt(`${zero} ${zero} refs/heads/${index}`)).join("");
    await at.restart({ maxPackBytes: 100_000_000 });
    const head = ["POST /demo.git/git-receive-pack HTTP/1.1", type("receive-pack"), `Content-Length: ${lines.length}`];
    expect(await http(head, lines)).toMatchObject({ status: 400, body: expect.stringContaining("at most 20000 refs") });
    const line = pkt("git-receive-pack /demo.git\0host=x\0");
    expect(await sendRaw(at.gate.daemonPort, line + lines)).toContain("at most 20000 refs");
    await at.restart({ maxPackBytes: MOST });
  });

  it("asking for hidden or unknown objects is told so", async () => {
    const want = "1".repeat(40);
    const body = `${pkt(`want ${want} side-band-64k\n`)}0000${pkt("done\n")}`;
    const head = ["POST /demo.git/git-upload-pack HTTP/1.1", type("upload-pack"), `Content-Length: ${body.length}`];
    const answer = await http(head, body);
    expect(answer.body).toMatch(/ERR upload-pack: not our ref/);
  });

  it.for([
    ["no pkt-line", "GET / HTTP/1.1\r\n\r\n", "begins with a pkt-line"],
    ["a flush", "0000", "begins with a pkt-line"],
    ["an empty line", "0004", "begins with a pkt-line"],
    ["a huge line", `ffff${"a".repeat(65_531)}`, "begins with a pkt-line"],
    ["another service", pkt("git-upload-archive /demo.git\0host=x\0"), "git-upload-archive is not served"],
    ["a shell", pkt("git-upload-pack /demo.git;id\0host=x\0"), "no such repository"],
    ["a quoted path", pkt("git-upload-pack '/demo.git'\0host=x\0"), "no such repository"],
    ["an unknown repository", pkt("git-upload-pack /other.git\0host=x\0"), "no such repository"],
    ["a way up", pkt("git-upload-pack /../../etc\0host=x\0"), "no such repository"],
    ["a way up with a repository's ending", pkt("git-upload-pack /../demo.git\0host=x\0"), "no such repository"],
    ["an option", pkt("git-upload-pack --help\0host=x\0"), "no such repository"],
    ["a home", pkt("git-upload-pack ~root/demo.git\0host=x\0"), "no such repository"],
    ["nothing but NULs", pkt("\0\0\0\0"), "no such repository"],
    ["bytes of no text", pkt("git-upload-pack /\u00ff\u00fe.git\0"), "no such repository"],
  ] as const)("beginning the git protocol with %s reads why not", async ([, bytes, words]) => {
    expect(await git(bytes)).toMatch(new RegExp(`^[0-9a-f]{4}ERR .*${words}`));
  });

  it("that only connects, or drips, is closed; a thousand of them leave room for others when they are gone", async () => {
    const sockets: Socket[] = [];
    for (let count = 0; count < 1000; count += 1) {
      const socket = connect(count % 2 === 0 ? at.gate.httpPort : at.gate.daemonPort, "127.0.0.1");
      sockets.push(socket.on("error", () => socket.destroy()));
    }
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    expect(descriptors(at.gate.process.pid!)).toBeLessThan(500);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => descriptors(at.gate.process.pid!), { timeout: 20_000 }).toBeLessThan(40);
  });

  it("that leaves in the middle of an answer leaves no process behind", async () => {
    const line = pkt("git-upload-pack /demo.git\0host=x\0");
    expect(await sendRaw(at.gate.daemonPort, line, { keepOpen: true, until: /refs\/heads\/main/ })).toContain("HEAD");
    await expect.poll(() => childrenOf(at.gate.process.pid!), { timeout: 10_000 }).toEqual([]);
  });
});

const command = pkt(`${"0".repeat(40)} ${"1".repeat(40)} refs/heads/x\0report-status`);

function pkt(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, "0") + text;
}

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** A blob of 16 MB, and a delta that repeats it until it has 3 GB. */
function deltaBomb(): { pack: Buffer; base: string } {
  const blob = Buffer.alloc(2 ** 24);
  const base = createHash("sha1").update(`blob ${blob.length}\0`).update(blob).digest();
  const copyAll = Buffer.from([0xf0, 0xff, 0xff, 0xff]); // 2^24 - 1 bytes from the start
  const delta = Buffer.concat([
    ...[blob.length, 200 * (2 ** 24 - 1)].map((size) => sizeBytes(size)),
    ...Array.from({ length: 200 }, () => copyAll),
  ]);
  const objects = [
    [objectHead(3, blob.length), deflateSync(blob)],
    [objectHead(7, delta.length), base, deflateSync(delta)],
  ].flat();
  const content = Buffer.concat([Buffer.from("5041434b0000000200000002", "hex"), ...objects]);
  return { pack: Buffer.concat([content, createHash("sha1").update(content).digest()]), base: base.toString("hex") };
}

/** Seven bits a byte, the lowest first. */
function sizeBytes(size: number): Buffer {
  const bytes: number[] = [];
  let left = size;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
}

function objectHead(type: number, size: number): Buffer {
  const rest = Math.floor(size / 16);
  const first = (type << 4) | (size % 16);
  return rest === 0 ? Buffer.from([first]) : Buffer.concat([Buffer.from([first | 128]), sizeBytes(rest)]);
}
