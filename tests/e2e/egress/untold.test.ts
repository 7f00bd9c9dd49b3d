// A secret in a request that is refused before anybody inspects it: the value is told nowhere, though the refusal is.

import { afterAll, beforeAll, expect, test } from "vitest";

import { readAuditLog } from "#lib/store/audit-log.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { connectRaw, get, openTlsTunnel, plain, raw } from "#tests/helpers/egress/client.ts";
import { ask, openHttp2 } from "#tests/helpers/egress/http2.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const SECRET = "q8Zt-4vXsw2Lk9Rb7Hn5Yc3M";
const IN_HEX = Buffer.from(SECRET).toString("hex");
const HOST = "api.example.com";

let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;

beforeAll(async () => {
  upstream = await startUpstream(HOST);
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    tokens: { EGRESS_SECRET_DB_PASSWORD: SECRET },
    table: {
      hosts: { [HOST]: upstream.pin },
      routes: [routeTo(HOST, { methods: ["GET"], path_allowlist: ["/open"] })],
    },
  });
  ca = await egress.ca();
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
});

/** Everything that somebody may read of it. */
async function told(): Promise<string> {
  const parts = [egress.status(), egress.seen(), readAuditLog(egress.of), readQueue(egress.of)];
  return JSON.stringify([...(await Promise.all(parts)), egress.output()]);
}

const through = (url: string, how: Parameters<typeof get>[3] = {}) => get(egress.paths.egress.socket, ca, url, how);
const bytes = async (text: string) => {
  const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, HOST);
  await raw(tunnel, text, /"reason"/);
  tunnel.destroy();
};
const connect = async (authority: string) => {
  const { connection } = await connectRaw(egress.paths.egress.socket, authority);
  await raw(connection, "SSH-2.0-client\r\n");
};

const PLACES: [string, () => Promise<unknown>][] = [
  ["a path that no rule allows", () => through(`https://${HOST}/closed-1/${SECRET}`)],
  ["such a path in hex", () => through(`https://${HOST}/closed-2/${IN_HEX}`)],
  ["a path of a host that nobody knows", () => through(`https://unknown-3.example/${SECRET}`)],
  ["the name of a host that nobody knows", () => through(`https://${IN_HEX}.unknown-4.example/`)],
  ["a name in CONNECT, to another port", () => connect(`${IN_HEX}.unknown-5.example:22`)],
  ["a plain URL", () => plain(egress.paths.egress.socket, `http://unknown-6.example/${SECRET}`)],
  ["a method that no rule allows", () => through(`https://${HOST}/open/${SECRET}`, { method: "DELETE" })],
  ["an ambiguous path", () => bytes(`GET /closed-8/%2e%2e%5c${SECRET} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)],
  ["a method of its own", () => bytes(`${IN_HEX.toUpperCase()} / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)],
  ["a Host", () => bytes(`GET / HTTP/1.1\r\nHost: ${IN_HEX}.example.com\r\n\r\n`)],
  ["an absolute URL", () => bytes(`GET https://${IN_HEX}.example.com/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)],
  ["a name in TLS", () => through(`https://${HOST}/`, { sni: `${IN_HEX}.example.com` }).catch(() => {})],
];

test.each(PLACES)("in %s", async (_where, send) => {
  const before = (await egress.status()).recent.at(-1)?.id ?? -1;
  await send();
  await expect.poll(async () => (await egress.status()).recent.at(-1)?.id ?? -1).toBeGreaterThan(before);
  const text = (await told()).toLowerCase();
  expect(text).not.toContain(SECRET.toLowerCase());
  expect(text).not.toContain(IN_HEX);
  expect(upstream.seen).toEqual([]);
});

test("in a path over HTTP/2", async () => {
  const session = await openHttp2(egress.paths.egress.socket, ca, HOST);
  expect((await ask(session, { ":path": `/closed-h2/${SECRET}` })).status).toBe(403);
  session.destroy();
  await expect.poll(told).toContain("closed-h2");
  expect(await told()).not.toContain(SECRET);
});

test("is still a refusal that is told", async () => {
  const text = await told();
  for (const place of ["unknown-3.example", "unknown-4.example", "unknown-6.example"]) expect(text).toContain(place);
});
