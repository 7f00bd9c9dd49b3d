// Heads and frames of HTTP/2 that no library would send: whatever a server behind the proxy would make of them, it does not
// get to see them.

import type { TLSSocket } from "node:tls";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { openTlsTunnel } from "#tests/helpers/egress/client.ts";
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  fields,
  frame,
  HEADERS,
  PADDED,
  PREFACE,
  PUSH_PROMISE,
  SETTINGS,
  WINDOW_UPDATE,
} from "#tests/helpers/egress/http2-frames.ts";
import { ask, openHttp2 } from "#tests/helpers/egress/http2.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const HOST = "one.example.com";
const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";
type Field = readonly [string, string];

let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;
const open: TLSSocket[] = [];

beforeAll(async () => {
  upstream = await startUpstream(HOST);
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    tokens: { EGRESS_SECRET_DB_PASSWORD: SECRET },
    table: {
      hosts: { [HOST]: upstream.pin },
      routes: [
        routeTo(HOST, { methods: ["GET", "POST"], path_allowlist: ["/open"], dlp: { outbound_on_match: "block" } }),
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
/** Whatever the test did, others are served, by the same process. */
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  const session = await openHttp2(egress.paths.egress.socket, ca, HOST);
  const { status } = await ask(session, { ":path": "/open/others" });
  session.destroy();
  if (status !== 200) throw new Error(`others got ${status}`);
});

async function connection(): Promise<TLSSocket> {
  const socket = await openTlsTunnel(egress.paths.egress.socket, ca, HOST, { protocols: ["h2"] });
  socket.on("error", () => {});
  open.push(socket);
  socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0), frame(SETTINGS, 1, 0)]));
  return socket;
}

const pseudo = (path = "/open/x", method = "POST"): Field[] => [
  [":method", method],
  [":scheme", "https"],
  [":authority", HOST],
  [":path", path],
];

/** How the stream ends that these frames make: the text of a refusal, an answer of the server, a reset or a closed connection. */
async function outcome(bytes: Buffer): Promise<"answered" | "refused" | "reset" | "closed"> {
  const socket = await connection();
  let came = Buffer.alloc(0);
  const ended = new Promise<"answered" | "refused" | "reset" | "closed">((resolve) => {
    socket.once("close", () => resolve("closed"));
    socket.on("data", (chunk: Buffer) => {
      came = Buffer.concat([came, chunk]);
      for (let at = 0; at + 9 <= came.length; at += 9 + came.readUIntBE(at, 3)) {
        const type = came[at + 3];
        const payload = came.toString("latin1", at + 9, at + 9 + came.readUIntBE(at, 3));
        if (type === 3) resolve("reset");
        if (type === 7) resolve("closed");
        if (type === DATA && payload.includes('"reason"')) resolve("refused");
        if (type === DATA && payload.includes("upstream:")) resolve("answered");
      }
    });
  });
  socket.write(bytes);
  return await ended;
}

const head = (list: readonly Field[], flags = END_HEADERS + END_STREAM): Buffer =>
  frame(HEADERS, flags, 1, fields(...list));
const seen = (path: string) => upstream.seen.find(({ url }) => url === path);

test("what is as it should be is answered", async () => {
  expect(await outcome(head([...pseudo("/open/fine"), ["x-a", "1"]]))).toBe("answered");
  expect(seen("/open/fine")).toMatchObject({ method: "POST", headers: { "x-a": "1" } });
});

describe("a head is refused, reset or closed for", () => {
  test.each<[string, Field[]]>([
    ["capitals in a name", [...pseudo(), ["X-A", "1"]]],
    ["a line end in the path", pseudo("/open HTTP/1.1\r\nx-injected: 1\r\n\r\nGET /closed")],
    ["a blank in the path", pseudo("/open /x")],
    ["no path", pseudo().filter(([name]) => name !== ":path")],
    ["two paths", [...pseudo(), [":path", "/open/y"]]],
    ["two methods", [[":method", "GET"], ...pseudo()]],
    ["two authorities", [...pseudo(), [":authority", "evil.example"]]],
    ["a pseudo-header behind others", [["x-a", "1"], ...pseudo()]],
    ["a pseudo-header that nobody knows", [...pseudo(), [":forwarded-for", "1"]]],
    ["a status", [...pseudo(), [":status", "200"]]],
    ["a blank in the method", pseudo("/open/x", "GET /closed")],
    ["a line end in the method", pseudo("/open/x", "GET / HTTP/1.1\r\nx: 1\r\n\r\nGET")],
    ["Transfer-Encoding", [...pseudo(), ["transfer-encoding", "chunked"]]],
    ["Connection", [...pseudo(), ["connection", "x-a"]]],
    ["Upgrade", [...pseudo(), ["upgrade", "websocket"]]],
    ["a TE that is more than trailers", [...pseudo(), ["te", "gzip"]]],
    ["two lengths", [...pseudo(), ["content-length", "0"], ["content-length", "5"]]],
    ["a length that nothing follows", [...pseudo(), ["content-length", "5"]]],
  ])("%s", async (_what, list) => {
    expect(["refused", "reset", "closed"]).toContain(await outcome(head(list)));
    expect(upstream.seen).toEqual([]);
  });

  test("more in its body than its length says", async () => {
    const bytes = [
      head([...pseudo(), ["content-length", "4"]], END_HEADERS),
      frame(DATA, END_STREAM, 1, Buffer.from("fine, and more")),
    ];
    expect(["refused", "reset", "closed"]).toContain(await outcome(Buffer.concat(bytes)));
    expect(upstream.seen).toEqual([]);
  });

  test("another stream's frame within it", async () => {
    const bytes = [
      frame(HEADERS, END_STREAM, 1, fields(...pseudo())),
      frame(CONTINUATION, END_HEADERS, 3, fields(["x-a", "1"])),
    ];
    expect(await outcome(Buffer.concat(bytes))).toBe("closed");
    expect(upstream.seen).toEqual([]);
  });
});

describe("a header does not reach the server, or nothing does, that has", () => {
  test.each<[string, Field[]]>([
    ["a line end in a value", [...pseudo(), ["x-a", "1\r\nx-injected: 1"]]],
    ["a bare line feed in a value", [...pseudo(), ["x-a", "1\nx-injected: 1"]]],
    ["a NUL in a value", [...pseudo(), ["x-a", "1\u00002"]]],
    ["a line end in a name", [...pseudo(), ["x-a\r\nx-injected", "1"]]],
    ["a colon in a name", [...pseudo(), ["x-a: 1, x-b", "1"]]],
    ["a blank in a name", [...pseudo(), ["x a", "1"]]],
    ["an empty name", [...pseudo(), ["", "1"]]],
  ])("%s", async (_what, list) => {
    const ended = await outcome(head([...list, ["x-fine", "1"]]));
    const sent = upstream.seen.flatMap(({ rawHeaders }) => rawHeaders.map((text) => text.toLowerCase()));
    expect(sent.filter((text) => text.startsWith("x")).toSorted()).toEqual(ended === "answered" ? ["x-fine"] : []);
    expect(sent.join("|")).not.toMatch(/injected|[\r\n\0]/);
  });
});

describe("a connection is closed for", () => {
  test.each<[string, Buffer]>([
    [
      "a promise from the client",
      Buffer.concat([head(pseudo(), END_HEADERS), frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.from([0, 0, 0, 2]))]),
    ],
    ["a window without end", frame(WINDOW_UPDATE, 0, 0, Buffer.from([0x7f, 255, 255, 255]))],
    ["a frame that is too large", frame(DATA, 0, 1, Buffer.alloc(70_000))],
    [
      "padding that is longer than its frame",
      Buffer.concat([head(pseudo(), END_HEADERS), frame(DATA, PADDED, 1, Buffer.from([200, 1, 2]))]),
    ],
    [
      "compression that refers to nothing",
      frame(HEADERS, END_HEADERS + END_STREAM, 1, Buffer.from([0xff, 0xff, 0xff, 0x7f])),
    ],
  ])("%s", async (_what, bytes) => {
    expect(await outcome(bytes)).toBe("closed");
    expect(upstream.seen).toEqual([]);
  });
});

describe("a secret", () => {
  test("in the padding of frames does not reach the server", async () => {
    const padded = Buffer.concat([Buffer.from([SECRET.length]), Buffer.from("fine"), Buffer.from(SECRET)]);
    const bytes = [head(pseudo("/open/padded"), END_HEADERS), frame(DATA, PADDED + END_STREAM, 1, padded)];
    await outcome(Buffer.concat(bytes));
    expect(seen("/open/padded")?.body ?? "fine").toBe("fine");
    expect(JSON.stringify(upstream.seen)).not.toContain(SECRET);
  });

  test("over two frames of one head is stopped", async () => {
    const block = fields(...pseudo("/open/split"), ["x-note", SECRET]);
    const cut = block.length - 12;
    const bytes = [
      frame(HEADERS, END_STREAM, 1, block.subarray(0, cut)),
      frame(CONTINUATION, END_HEADERS, 1, block.subarray(cut)),
    ];
    expect(await outcome(Buffer.concat(bytes))).toBe("refused");
    expect(upstream.seen).toEqual([]);
  });
});
