// The address that is checked is the address that is dialled, however often a name changes its mind.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import type { ParsedRequest } from "#sidecars/egress/policy/parse-request.ts";
import type { Answer } from "#sidecars/egress/traffic/call.ts";
import { AddressRefused, checkedLookup, openUpstream, type Resolve } from "#sidecars/egress/traffic/upstream.ts";

const TABLE: RouteTable = { version: 1, on_unknown_host: "block", hold_seconds: 1, hosts: {}, routes: [] };
const PUBLIC = { address: "93.184.216.34", family: 4 };
const LOOPBACK = { address: "127.0.0.1", family: 4 };

let server: Server;
let port: number;
let connections: number;

beforeEach(async () => {
  connections = 0;
  server = createServer((_request, response) => void response.end("reached"));
  server.on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const requestTo = (host: string): ParsedRequest => ({
  scheme: "http",
  host,
  isAddress: false,
  port,
  method: "GET",
  path: "/",
  forward: "/",
});
const route = (...listed: string[]): TableRoute => ({
  host: "h",
  http: true,
  ...(listed.length === 0 ? {} : { pipelock: { ssrf_ip_allowlist: listed } }),
});

async function fetchBy(upstream: ReturnType<typeof openUpstream>, host: string, by: TableRoute): Promise<string> {
  const { body } = await new Promise<Answer>((answered, failed) => {
    const to = requestTo(host);
    const outgoing = { to, route: by, forward: "/", headers: [], body: undefined, length: undefined };
    upstream.call({ ...outgoing, protocol: "http/1.1" }, { answered, failed });
  });
  let text = "";
  for await (const chunk of body as AsyncIterable<Buffer>) text += String(chunk);
  return text;
}

function lookUp(name: string, resolve: Resolve, listed: string[] = []): Promise<unknown> {
  return new Promise((settle) =>
    checkedLookup(resolve, listed)(name, { all: true }, (error, addresses) => settle(error ?? addresses)),
  );
}

describe("a look-up", () => {
  test("gives the public addresses of a name", async () => {
    expect(await lookUp("a.example.com", async () => [PUBLIC])).toEqual([PUBLIC]);
  });

  test.each([
    ["a private address", [{ address: "10.0.0.1", family: 4 }]],
    ["a public and a private one", [PUBLIC, LOOPBACK]],
    ["a mapped one", [{ address: "::ffff:127.0.0.1", family: 6 }]],
    ["cloud metadata", [{ address: "169.254.169.254", family: 4 }]],
    ["NAT64", [{ address: "64:ff9b::7f00:1", family: 6 }]],
    ["none", []],
  ])("is refused when it leads to %s", async (_what, addresses) => {
    expect(await lookUp("a.example.com", async () => addresses)).toBeInstanceOf(AddressRefused);
  });

  test("takes what a route lists, and only that", async () => {
    expect(await lookUp("a", async () => [LOOPBACK], ["127.0.0.0/8"])).toEqual([LOOPBACK]);
    expect(
      await lookUp("a", async () => [LOOPBACK, { address: "10.0.0.1", family: 4 }], ["127.0.0.0/8"]),
    ).toBeInstanceOf(AddressRefused);
  });

  test("that fails is an error, not an address", async () => {
    expect(await lookUp("a", () => Promise.reject(new Error("ENOTFOUND")))).toMatchObject({ message: "ENOTFOUND" });
  });
});

describe("a name that changes its address between two answers", () => {
  test("is asked for once, and what was checked is dialled", async () => {
    const answers = [LOOPBACK, { address: "127.0.0.2", family: 4 }];
    let asked = 0;
    const upstream = openUpstream({ table: () => TABLE, extraRoots: "", resolve: async () => [answers[asked++]!] });
    expect(await fetchBy(upstream, "rebind.example.com", route("127.0.0.1/32"))).toBe("reached");
    expect(asked).toBe(1);
    upstream.close();
  });

  test("is refused when the next connection would go elsewhere", async () => {
    const answers = [LOOPBACK, { address: "10.0.0.1", family: 4 }];
    const upstream = openUpstream({ table: () => TABLE, extraRoots: "", resolve: async () => [answers.shift()!] });
    expect(await fetchBy(upstream, "rebind.example.com", route("127.0.0.1/32"))).toBe("reached");
    upstream.renew();
    await expect(fetchBy(upstream, "rebind.example.com", route("127.0.0.1/32"))).rejects.toThrow(
      "leads to 10.0.0.1, which is private",
    );
    upstream.close();
  });
});

describe("a kept connection", () => {
  test("to an address that one route vouches for is not another route's", async () => {
    const upstream = openUpstream({ table: () => TABLE, extraRoots: "", resolve: async () => [LOOPBACK] });
    expect(await fetchBy(upstream, "a.example.com", route("127.0.0.1/32"))).toBe("reached");
    await expect(fetchBy(upstream, "a.example.com", route())).rejects.toThrow("is loopback");
    expect(connections).toBe(1);
    upstream.close();
  });

  test("to a pinned address ends with the pin", async () => {
    let table: RouteTable = { ...TABLE, hosts: { "a.example.com": `127.0.0.1:${port}` } };
    const upstream = openUpstream({ table: () => table, extraRoots: "", resolve: async () => [LOOPBACK] });
    expect(await fetchBy(upstream, "a.example.com", route())).toBe("reached");
    table = TABLE;
    await expect(fetchBy(upstream, "a.example.com", route())).rejects.toThrow("is loopback");
    upstream.close();
  });
});
