// Requests of a hostile agent that knows HTTP well: none of them reaches a server otherwise than the rules saw it.

import type { TLSSocket } from "node:tls";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { connectUnix } from "#lib/unix-socket.ts";
import { connectRaw, get, openTlsTunnel, raw } from "#tests/helpers/egress/client.ts";
import { ask, openHttp2 } from "#tests/helpers/egress/http2.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const HOST = "api.example.com";
const KEYED = "keyed.example.com";
const BELOW = "one.wild.example.com";
const PLAIN = "plain.example.com";

let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;
let socket: string;
const tunnels: TLSSocket[] = [];

beforeAll(async () => {
  upstream = await startUpstream(HOST, KEYED, BELOW);
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    tokens: { EGRESS_TOKEN_0: "token-of-the-route", EGRESS_TOKEN_1: "key-of-the-route" },
    table: {
      hosts: { [HOST]: upstream.pin, [KEYED]: upstream.pin, [BELOW]: upstream.pin, [PLAIN]: upstream.httpPin },
      routes: [
        routeTo(HOST, {
          methods: ["GET", "POST"],
          path_allowlist: ["/open"],
          auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" },
        }),
        routeTo(KEYED, { auth: { scheme: "header:X-Api-Key", slot: "EGRESS_TOKEN_1" } }),
        routeTo("*.wild.example.com"),
        routeTo(PLAIN, { http: true, path_allowlist: ["/open"] }),
      ],
    },
  });
  ca = await egress.ca();
  socket = egress.paths.egress.socket;
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
});
beforeEach(() => void (upstream.seen.length = 0));
afterEach(() => {
  for (const tunnel of tunnels.splice(0)) tunnel.destroy();
});

async function tunnel(host = HOST): Promise<TLSSocket> {
  const opened = await openTlsTunnel(socket, ca, host);
  tunnels.push(opened);
  return opened;
}
const statuses = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status ?? "");
const sent = (): Record<string, unknown> => upstream.seen.at(-1)?.headers ?? {};
const paths = (): string[] => upstream.seen.map(({ url }) => url);

describe("a pipeline", () => {
  const line = (target: string, host = HOST, method = "GET"): string =>
    `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

  test("carries nothing that is refused behind what is allowed", async () => {
    const answer = await raw(
      await tunnel(),
      line("/open/1") + line("/closed") + line("/open/2"),
      /upstream: GET \/open\/2|(?:.*"reason"){2}/s,
    );
    expect(statuses(answer)).toContain("403");
    expect(paths()).not.toContain("/closed");
  });

  test("of plain requests is judged one by one", async () => {
    const all = ["/open/1", "/closed", "/open/../closed", "/open/2"].map((path) =>
      line(`http://${PLAIN}${path}`, PLAIN),
    );
    const connection = await connectUnix(socket);
    const answer = await raw(connection, all.join(""), /open\/2|(?:.*"reason"){3}/s);
    connection.destroy();
    expect(statuses(answer).slice(0, 2)).toEqual(["200", "403"]);
    expect(paths().some((path) => path.includes("closed"))).toBe(false);
  });
});

describe("an old or strange request", () => {
  test.each([
    ["HTTP/1.0 without Host", "GET /open HTTP/1.0\r\n\r\n", "400"],
    ["HTTP/1.0 to another host", "GET /open HTTP/1.0\r\nHost: keyed.example.com\r\n\r\n", "421"],
    ["a method of 100 letters", `${"A".repeat(100)} /open HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "400"],
    ["a method of 100 KB", `${"A".repeat(100_000)} /open HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "4\\d\\d"],
    ["a method in small letters", `get /open HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "400"],
    ["a method that WebDAV has", `PROPFIND /open HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "403"],
    ["a target without a slash", `GET open HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "400"],
    ["a target of *", `OPTIONS * HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "400"],
    ["a target of 100 KB", `GET /open/${"a".repeat(100_000)} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "4\\d\\d"],
    ["a tab in the target", `GET /open\t/x HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "400"],
    ["a fragment in the target", `GET /closed#/open HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "40[03]"],
    ["bytes beyond ASCII in the target", `GET /closed\u00ff/open HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "40[03]"],
    ["overlong UTF-8 for a dot", `GET /open/%c0%ae%c0%ae/closed HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "400"],
    ["an escape that is none", `GET /open/%zz HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "400"],
    ["a header's name with a blank", `GET /open HTTP/1.1\r\nHost: ${HOST}\r\nX Y: 1\r\n\r\n`, "400"],
    ["a header without a name", `GET /open HTTP/1.1\r\nHost: ${HOST}\r\n: 1\r\n\r\n`, "400"],
    ["a Host with a path", `GET /open HTTP/1.1\r\nHost: ${HOST}/closed\r\n\r\n`, "400"],
    ["a Host of two names", `GET /open HTTP/1.1\r\nHost: ${HOST}, evil.com\r\n\r\n`, "400"],
    ["a Host with user information", `GET /open HTTP/1.1\r\nHost: user@${HOST}\r\n\r\n`, "400"],
    ["a URL with user information", `GET https://evil.com@${HOST}/open HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "4\\d\\d"],
    ["a URL of another scheme", `GET ftp://${HOST}/open HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, "400"],
    [
      "chunks twice",
      `POST /open HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      "400",
    ],
    [
      "chunks of a size with sign",
      `POST /open HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n`,
      "400",
    ],
    [
      "chunks of exabytes",
      `POST /open HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\na`,
      "400",
    ],
    [
      "chunks with bare line feeds",
      `POST /open HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n1\na\n0\n\n`,
      "400",
    ],
    [
      "chunks in HTTP/1.0",
      `POST /closed HTTP/1.0\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      "40[03]",
    ],
  ])("is refused: %s", async (_what, bytes, status) => {
    const answer = await raw(await tunnel(), Buffer.from(bytes, "latin1"), /"reason"/);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(upstream.seen).toEqual([]);
  });

  test("of HTTP/1.0 with a Host goes on as HTTP/1.1, and ends the connection", async () => {
    const answer = await raw(await tunnel(), `GET /open HTTP/1.0\r\nHost: ${HOST}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*upstream: GET \/open$/s);
    expect(sent()).toMatchObject({ authorization: "Bearer token-of-the-route" });
  });
});

describe("headers that would change what was decided", () => {
  const via = (headers: Record<string, string>, path = "/open", host = HOST, method = "GET") =>
    get(socket, ca, `https://${host}${path}`, { headers, method });

  test.each(["authorization", "host", "content-length", "Authorization, X-Api-Key", "close, authorization"])(
    "Connection: %s takes nothing away that the proxy put in",
    async (named) => {
      expect((await via({ connection: named })).status).toBe(200);
      expect(sent()).toMatchObject({ authorization: "Bearer token-of-the-route", host: HOST });
      expect((await via({ connection: `x-api-key, ${named}` }, "/", KEYED)).status).toBe(200);
      expect(sent()).toMatchObject({ "x-api-key": "key-of-the-route", host: KEYED });
    },
  );

  test("a credential under the name of the injected one is gone, in any case", async () => {
    await via({ "X-API-KEY": "mine", AUTHORIZATION: "Bearer mine", "ProXy-Authorization": "mine" }, "/", KEYED);
    expect(sent()).toMatchObject({ "x-api-key": "key-of-the-route" });
    expect(JSON.stringify(upstream.seen.at(-1)?.rawHeaders)).not.toContain("mine");
  });

  test.each([
    ["X-HTTP-Method-Override", "DELETE"],
    ["X-HTTP-Method", "DELETE"],
    ["X-Method-Override", "DELETE"],
    ["X_Http_Method_Override", "DELETE"],
    ["X-Original-URL", "/closed"],
    ["X-Rewrite-URL", "/closed"],
    ["X-Forwarded-Host", KEYED],
  ])("%s does not get past rules for methods and paths", async (name, value) => {
    expect((await via({ [name]: value }, "/open", HOST, "POST")).status).toBe(200);
    expect(sent()).not.toHaveProperty(name.toLowerCase());
  });

  test.each(["X_Api_Key", "X-Api_Key", "x_api_key", "Proxy_Authorization"])(
    "%s is no second spelling of a credential beside the injected one",
    async (name) => {
      expect((await via({ [name]: "mine" }, "/", KEYED)).status).toBe(200);
      expect(JSON.stringify(upstream.seen.at(-1)?.rawHeaders)).not.toContain("mine");
    },
  );

  test.each(["Content_Length", "Transfer_Encoding", "Content_Type", "Content_Encoding", "Proxy_Authorization"])(
    "%s is no second spelling of a header without an underscore",
    async (name) => {
      expect((await via({ [name]: "5", a_b: "1" }, "/", BELOW)).status).toBe(200);
      expect(sent()).toHaveProperty("a_b", "1");
      expect(sent()).not.toHaveProperty(name.toLowerCase());
    },
  );

  test("two cookies and two keys are gone beside a credential", async () => {
    const headers = ["Host", KEYED, "Cookie", "a=mine", "cookie", "b=mine", "X-Api-Key", "mine", "x-api-key", "mine"];
    await get(socket, ca, `https://${KEYED}/`, { headers });
    expect(JSON.stringify(upstream.seen.at(-1)?.rawHeaders)).not.toContain("mine");
  });
});

describe("names below a wildcard", () => {
  test("are those below it, whole labels, and never itself", async () => {
    expect((await get(socket, ca, `https://${BELOW}/`)).status).toBe(200);
    for (const host of [
      "wild.example.com",
      "evilwild.example.com",
      "x.wild.example.com.evil.com",
      "wild.example.com.evil.com",
    ]) {
      expect([host, (await get(socket, ca, `https://${host}/`)).status]).toEqual([host, 403]);
    }
  });

  test.each([
    "*.wild.example.com:443",
    ".wild.example.com:443",
    "a..wild.example.com:443",
    "%61.wild.example.com:443",
    "a\u0000.wild.example.com:443",
    "evil.com:443.wild.example.com",
    "evil.com:443.wild.example.com:443",
    "evil.com#.wild.example.com:443",
    "evil.com/.wild.example.com:443",
    "evil.com\\.wild.example.com:443",
    "evil.com?.wild.example.com:443",
  ])("are plain names: CONNECT %s is refused", async (authority) => {
    const { status, connection } = await connectRaw(socket, authority, "");
    connection.destroy();
    expect([400, 403]).toContain(status);
    expect(upstream.seen).toEqual([]);
  });
});

describe("addresses", () => {
  test.each([
    "127.1:443",
    "0177.0.0.1:443",
    "0x7f000001:443",
    "017700000001:443",
    "0:443",
    "1:443",
    "127.0.0.1.:443",
    "127.000.000.001:443",
    "[::]:443",
    "[0:0:0:0:0:ffff:7f00:1]:443",
    "[64:ff9b::7f00:1]:443",
    "[2002:7f00:1::]:443",
    "[fe80::1%25eth0]:443",
    "[fe80::1%eth0]:443",
    "[::1]]:443",
    "\u2460\u2461\u2466.0.0.1:443",
    "１２７.0.0.1:443",
    "127。0。0。1:443",
    "4294967297:443",
    "0xa9fea9fe:443",
    "100.64.0.1:443",
  ])("in any spelling match no rule: %s", async (authority) => {
    const connection = await connectUnix(socket);
    const answer = await raw(connection, Buffer.from(`CONNECT ${authority} HTTP/1.1\r\n\r\n`, "utf8"));
    connection.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 (400|403) /);
  });
});

describe("over HTTP/2", () => {
  const via = async (headers: Record<string, string>, host = HOST) => {
    const session = await openHttp2(socket, ca, host);
    try {
      return await ask(session, { ":path": "/open", ...headers });
    } finally {
      session.destroy();
    }
  };

  test.each([
    ["an absolute URL to another host", { ":path": `https://${KEYED}/` }],
    ["two slashes", { ":path": "//open" }],
    ["a backslash", { ":path": "/open\\..\\closed" }],
    ["%2f", { ":path": "/open%2f..%2fclosed" }],
    ["%2e%2e", { ":path": "/open/%2e%2e/closed" }],
    ["..;/", { ":path": "/open/..;/closed" }],
    ["NUL", { ":path": "/open/%00" }],
    ["double encoding", { ":path": "/open/%252e%252e/closed" }],
    ["an empty path", { ":path": "" }],
    ["another port in :authority", { ":authority": `${HOST}:8443` }],
    ["user information in :authority", { ":authority": `evil.com@${HOST}` }],
    ["an :authority of two names", { ":authority": `${HOST},evil.com` }],
    ["a name below in :authority", { ":authority": `evil.${HOST}` }],
    ["an address in :authority", { ":authority": "127.0.0.1" }],
    ["another Host beside :authority", { ":authority": HOST, host: KEYED }],
    ["a method in small letters", { ":method": "get" }],
  ])("is refused: %s", async (_what, headers) => {
    const reply = await via(headers).catch((error: Error) => error);
    if (reply instanceof Error) expect(reply.message).toMatch(/PROTOCOL_ERROR|closed with|CANCEL/);
    else expect([400, 403, 421]).toContain(reply.status);
    expect(upstream.seen).toEqual([]);
  });

  test("the agent's credentials are gone as over HTTP/1.1", async () => {
    await via({ ":path": "/", authorization: "Bearer mine", cookie: "a=mine", "x-api-key": "mine" }, KEYED);
    expect(sent()).toMatchObject({ "x-api-key": "key-of-the-route" });
    expect(JSON.stringify(upstream.seen.at(-1)?.rawHeaders)).not.toContain("mine");
  });
});

test("a pipeline of a thousand requests is answered in order as far as it is, and ends its connection where it is not", async () => {
  const requests = Array.from({ length: 1000 }, (_, index) => `GET /open/n${index} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const answer = await raw(await tunnel(), requests.join(""), /GET \/open\/n999/);
  const order = [...answer.matchAll(/upstream: GET \/open\/n(\d+)/g)].map(([, index]) => Number(index));
  expect(order).toEqual(order.map((_, index) => index));
  expect((await get(socket, ca, `https://${HOST}/open/after`)).status).toBe(200);
});
