// What the table lets through and what it does not, against the real process and a real TLS upstream.

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { readAuditLog } from "#lib/store/audit-log.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { connectRaw, get, openTlsTunnel, over, plain, raw } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;
const via = (url: string, ask = {}) => get(egress.paths.egress.socket, ca, url, ask);

beforeAll(async () => {
  upstream = await startUpstream("api.example.com", "other.example.com");
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: {
      hosts: {
        "api.example.com": upstream.pin,
        "other.example.com": upstream.pin,
        "untrusted.example.com": upstream.pin,
        "plain.example.com": upstream.httpPin,
      },
      routes: [
        routeTo("api.example.com", { methods: ["GET", "POST", "HEAD"], path_allowlist: ["/repos/acme"] }),
        routeTo("untrusted.example.com"),
        routeTo("plain.example.com", { http: true }),
        routeTo("localhost"),
        routeTo("vouched.localhost", { pipelock: { ssrf_ip_allowlist: ["192.0.2.0/24"] } }),
      ],
    },
  });
  ca = await egress.ca();
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
});

describe("the table", () => {
  test("lets a listed request through, and the answer back", async () => {
    const reply = await via("https://api.example.com/repos/acme/tool?page=2");
    expect(reply).toMatchObject({ status: 200, body: "upstream: GET /repos/acme/tool?page=2" });
    expect(upstream.seen.at(-1)?.headers).toMatchObject({ host: "api.example.com" });
  });

  test("carries bodies both ways, with a length and chunked", async () => {
    upstream.on("/repos/acme/echo", (_request, response, body) => void response.end(`got ${body.length}`));
    const url = "https://api.example.com/repos/acme/echo";
    const body = "x".repeat(300_000);
    expect((await via(url, { method: "POST", body, headers: { "content-length": String(body.length) } })).body).toBe(
      "got 300000",
    );
    expect((await via(url, { method: "POST", body, headers: { "transfer-encoding": "chunked" } })).body).toBe(
      "got 300000",
    );
    expect((await via(url, { method: "POST", headers: { "content-length": "0" } })).body).toBe("got 0");
  });

  test("answers HEAD without a body, and the connection goes on", async () => {
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, "api.example.com");
    const ask = (method: string) => `${method} /repos/acme/x HTTP/1.1\r\nHost: api.example.com\r\n\r\n`;
    expect(await raw(tunnel, ask("HEAD"), /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\n$/s);
    expect(await raw(tunnel, ask("GET"), /upstream/)).toMatch(/^HTTP\/1\.1 200 .*upstream: GET \/repos\/acme\/x$/s);
    tunnel.destroy();
  });

  test.each([
    ["another path", "https://api.example.com/repos/acme-evil/tool", {}, "path_allowlist"],
    ["a path that leaves by dots", "https://api.example.com/repos/acme/%2e%2e/other", {}, "path_allowlist"],
    ["another method", "https://api.example.com/repos/acme/tool", { method: "DELETE" }, "methods"],
    ["another host", "https://other.example.com/", {}, "default deny"],
    ["another port", "https://api.example.com:8443/repos/acme/tool", {}, "port"],
    ["a host that ends alike", "https://xapi.example.com/repos/acme", {}, "default deny"],
    ["a host that begins alike", "https://api.example.com.evil.com/repos/acme", {}, "default deny"],
  ])("refuses %s, with what would allow it", async (_what, url, ask, rule) => {
    const before = upstream.seen.length;
    const reply = await via(url, ask);
    expect(reply.status).toBe(403);
    expect(reply.json()).toMatchObject({
      error: "blocked",
      rule,
      how_to_ask: "call egress-block on the supervise MCP server",
      suggestion: { host: new URL(url).hostname },
    });
    expect(reply.json().proposal).toMatch(/^[0-9a-z]+-[0-9a-z]+$/);
    expect(upstream.seen.length).toBe(before);
  });

  test.each([
    ["%2f", "/repos/acme%2f..%2fother"],
    ["a backslash", "/repos/acme\\..\\other"],
    ["..;/", "/repos/acme/..;/other"],
    ["//", "//repos/acme"],
    ["NUL", "/repos/acme/%00"],
    ["double encoding", "/repos/acme/%252e%252e/other"],
  ])("refuses a path with %s as ambiguous", async (_what, path) => {
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, "api.example.com");
    const reply = await over(tunnel, path, { headers: { host: "api.example.com" } });
    expect(reply).toMatchObject({ status: 400, headers: { "x-bottle-egress": "bad_request" } });
    tunnel.destroy();
  });

  test("sends on what it checked, not what was written", async () => {
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, "api.example.com");
    await over(tunnel, "/x/../repos/./acme/%7etool", { headers: { host: "API.example.com." } });
    expect(upstream.seen.at(-1)).toMatchObject({ url: "/repos/acme/%7etool", headers: { host: "api.example.com" } });
    tunnel.destroy();
  });

  test.each(["TRACE", "TRACK"])("refuses %s", async (method) => {
    const reply = await via("https://api.example.com/repos/acme", { method });
    expect([400, 405]).toContain(reply.status); // Node's parser does not know TRACK
  });

  test("allows plain HTTP only where the route says so", async () => {
    const { socket } = egress.paths.egress;
    expect(await plain(socket, "http://plain.example.com/a")).toMatchObject({ status: 200, body: "upstream: GET /a" });
    const secure = (await plain(socket, "http://api.example.com/repos/acme")).json();
    expect(secure).toMatchObject({ rule: "no plain HTTP", what_to_do: "use https://" });
    for (const member of ["suggestion", "proposal", "how_to_ask"]) expect(secure).not.toHaveProperty(member); // it is there
    const neither = await plain(socket, "http://api.example.com/elsewhere");
    expect(neither.json()).toMatchObject({ rule: "no plain HTTP", suggestion: { port: 443 } });
  });

  test("does not take up an upgrade to HTTP/2", async () => {
    const h2c = await via("https://api.example.com/repos/acme", {
      headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAARAAAAAAAIAAAAA" },
    });
    expect(h2c.status).toBe(200);
    expect(upstream.seen.at(-1)?.headers).not.toHaveProperty("upgrade");
  });

  test("shows the agent its table, without secrets", async () => {
    const reply = await plain(egress.paths.egress.socket, "http://_egress.local/allowlist");
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toMatchObject({
      on_unknown_host: "block",
      routes: [{ host: "api.example.com", credential: "none" }, {}, {}, {}, {}],
    });
    expect(reply.body).not.toMatch(/127\.0\.0\.1|EGRESS_TOKEN/);
  });
});

describe("addresses", () => {
  test("of this machine are not dialled, though the host is listed", async () => {
    const reply = await via("https://localhost/");
    expect(reply).toMatchObject({ status: 403, headers: { "x-bottle-egress": "address_refused" } });
    expect(reply.json().reason).toMatch(/^localhost leads to (127\.0\.0\.1|::1), which is /);
  });

  test("that a route vouches for are those of its list only", async () => {
    const reply = await via("https://vouched.localhost/");
    expect([403, 502]).toContain(reply.status);
  });

  test.each([
    "127.0.0.1:443",
    "2130706433:443",
    "0x7f.1:443",
    "[::1]:443",
    "[::ffff:127.0.0.1]:443",
    "169.254.169.254:80",
    "api.example.com@127.0.0.1:443",
    "127.0.0.1:443.api.example.com",
  ])("in CONNECT are refused: %s", async (authority) => {
    const { status, connection } = await connectRaw(egress.paths.egress.socket, authority);
    expect([400, 403]).toContain(status);
    connection.destroy();
  });

  test("in a plain URL are refused", async () => {
    const reply = await plain(egress.paths.egress.socket, "http://127.0.0.1:8080/");
    expect(reply.json()).toMatchObject({ error: "blocked", rule: "names only" });
    expect(reply.json()).not.toHaveProperty("proposal");
  });
});

describe("the upstream server", () => {
  test("must have a certificate for the host", async () => {
    const reply = await via("https://untrusted.example.com/");
    expect(reply).toMatchObject({ status: 502, headers: { "x-bottle-egress": "upstream_failed" } });
    expect(reply.json().reason).toMatch(/altnames|certificate/i);
  });

  test("that closes in the middle ends the answer, not the proxy", async () => {
    upstream.on("/repos/acme/cut", (_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half");
      setImmediate(() => response.destroy());
    });
    await expect(via("https://api.example.com/repos/acme/cut")).rejects.toThrow(/aborted|hang up|reset/i);
    expect((await via("https://api.example.com/repos/acme/fine")).status).toBe(200);
  });

  test("that answers nonsense is a 502", async () => {
    upstream.on("/repos/acme/nonsense", (_request, response) => void response.socket?.end("SSH-2.0-OpenSSH\r\n\r\n"));
    expect((await via("https://api.example.com/repos/acme/nonsense")).status).toBe(502);
  });
});

describe("what is left behind", () => {
  test("is a folded proposal for each kind of blocked request", async () => {
    const first = await via("https://new.example.com/items?token=secret");
    const again = await Promise.all(Array.from({ length: 20 }, () => via("https://new.example.com/items")));
    expect(new Set(again.map((reply) => reply.json().proposal))).toEqual(new Set([first.json().proposal]));
    await expect
      .poll(
        async () => {
          const { items } = await readQueue(egress.of);
          const item = items.find(({ proposal }) => proposal.id === first.json().proposal);
          return { seen: item?.seen?.count, payload: item?.proposal.payload, origin: item?.proposal.origin };
        },
        { timeout: 5000 },
      )
      .toEqual({
        seen: 21,
        origin: "blocked-request",
        payload: expect.objectContaining({
          host: "new.example.com",
          port: 443,
          methods: ["GET"],
          path_allowlist: ["/items"],
          method: "GET",
          path: "/items",
        }),
      });
  });

  test("is an audit entry for the first of a kind, and no query anywhere", async () => {
    const entries = await readAuditLog(egress.of);
    const ours = entries.filter(
      ({ action, detail }) => action === "request-blocked" && detail.includes("new.example.com"),
    );
    expect(ours.map(({ detail }) => detail)).toEqual([
      "GET https://new.example.com:443/items: new.example.com is not on the allowlist",
    ]);
    expect(JSON.stringify(entries)).not.toContain("secret");
    expect(egress.output()).not.toContain("secret");
  });

  test("is at most twenty waiting proposals, however many kinds are tried", async () => {
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, index) => via(`https://kind-${index}.example.com/`)),
    );
    expect(replies.every(({ status }) => status === 403)).toBe(true);
    const { items } = await readQueue(egress.of);
    expect(
      items.filter(({ proposal, decision }) => proposal.origin === "blocked-request" && decision === null),
    ).toHaveLength(20);
  });

  test("is on the control socket: counters, the last requests, and a verdict on any other", async () => {
    const { counters, recent, version } = await egress.status();
    expect(version).toBe(1);
    expect(counters.allowed).toBeGreaterThan(5);
    expect(counters.blocked).toBeGreaterThan(40);
    expect(recent.find(({ path }) => path === "/repos/acme/tool")).toMatchObject({
      verdict: "allow",
      status: 200,
      host: "api.example.com",
      method: "GET",
    });
    expect(await egress.test("https://api.example.com/repos/acme/x")).toMatchObject({ verdict: "allow" });
    expect(await egress.test("https://api.example.com/repos/acme/x", "PUT")).toMatchObject({
      verdict: "block",
      rule: "methods",
    });
    expect(await egress.test("https://127.0.0.1/")).toMatchObject({ verdict: "block", rule: "names only" });
    expect(await egress.test("http://api.example.com/repos/acme")).toMatchObject({
      verdict: "block",
      rule: "no plain HTTP",
    });
    expect(await egress.test("https://api.example.com/a%2fb")).toMatchObject({
      verdict: "block",
      rule: "unambiguous path",
    });
    await expect(egress.test("no url")).rejects.toThrow(
      "is not an http://, https://, ws://, wss:// or tcp://host:port URL",
    );
  });
});
