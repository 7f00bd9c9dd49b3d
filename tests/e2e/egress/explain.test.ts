// `egress test` and what was seen, on the real process: what it says would happen is what happens.

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { connectRaw, get, openTlsTunnel, over, plain } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const TOKEN = "explain-token-0123456789";
let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;

beforeAll(async () => {
  upstream = await startUpstream("api.example.com", "slash.example.com", "plain.example.com", "x.wild.example.com");
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    tokens: { EGRESS_TOKEN_0: TOKEN },
    table: {
      hosts: {
        "api.example.com": upstream.pin,
        "slash.example.com": upstream.pin,
        "plain.example.com": upstream.httpPin,
        "x.wild.example.com": upstream.pin,
      },
      routes: [
        routeTo("api.example.com", {
          path_allowlist: ["/v1", "/repo.git"],
          auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" },
        }),
        routeTo("api.example.com", {
          matches: [{ path: "/graphql", methods: ["POST"], headers: { "content-type": "application/json" } }],
        }),
        routeTo("slash.example.com", { encoded_slashes: true }),
        routeTo("plain.example.com", { http: true }),
        routeTo("*.wild.example.com", { methods: ["GET"] }),
        routeTo("lost.example.com", { auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_7" } }),
        routeTo("db.example.com", { port: 5432, raw_tcp: true }),
      ],
    },
  });
  ca = await egress.ca();
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
});

describe("a test of a URL", () => {
  test.each([
    ["GET", "https://api.example.com/v1/x", "allow", 200],
    ["GET", "https://api.example.com/v2", "block", 403],
    ["GET", "https://api.example.com/v1/../v2", "block", 403],
    ["GET", "https://api.example.com/v1/a%2fb", "block", 400],
    ["GET", "https://api.example.com/v1/%2e%2e/v2", "block", 403],
    ["GET", "https://api.example.com/v1/..;/v2", "block", 400],
    ["POST", "https://api.example.com/graphql", "block", 403],
    ["GET", "https://slash.example.com/@scope%2fpkg", "allow", 200],
    ["GET", "https://x.wild.example.com/", "allow", 200],
    ["DELETE", "https://x.wild.example.com/", "block", 403],
    ["GET", "https://wild.example.com/", "block", 403],
    ["GET", "http://plain.example.com/p", "allow", 200],
    ["GET", "http://api.example.com/v1/x", "block", 403],
    ["GET", "https://lost.example.com/", "block", 403],
    ["GET", "https://evil.com/", "block", 403],
    ["GET", "https://api.example.com/repo.git/info/refs?service=git-receive-pack", "block", 403],
    ["POST", "https://api.example.com/repo.git/git-receive-pack", "block", 403],
    ["GET", "https://api.example.com/repo.git/info/refs?service=git-upload-pack", "allow", 200],
    ["TRACE", "https://api.example.com/v1/x", "block", 405],
  ] as const)("%s %s is %s, as it is when it is sent: %i", async (method, url, verdict, status) => {
    const explained = await egress.test(url, method);
    expect(explained.verdict).toBe(verdict);
    expect(explained.steps.length).toBeGreaterThan(0);
    if (verdict === "block") expect(explained.steps.some(({ state }) => state === "no")).toBe(true);
    const { socket } = egress.paths.egress;
    const raw = url.replace(/^https?:\/\/[^/]*/, "");
    const host = new URL(url).host;
    const reply = url.startsWith("http:")
      ? await plain(socket, url, { method })
      : await sendExactly(socket, host, raw, method);
    expect(reply.status).toBe(status);
    if (status >= 400 && status !== 405) expect(reply.json()).toMatchObject({ rule: explained.rule });
  });

  test("takes headers into account", async () => {
    const url = "https://api.example.com/graphql";
    expect(await egress.test(url, "POST")).toMatchObject({ verdict: "block", rule: "matches" });
    const headers = { "Content-Type": "application/json; charset=utf-8" };
    expect(await egress.test(url, "POST", headers)).toMatchObject({ verdict: "allow" });
    const sent = await get(egress.paths.egress.socket, ca, url, { method: "POST", headers, body: "{}" });
    expect(sent.status).toBe(200);
  });

  test("of a tunnel is what CONNECT gives", async () => {
    expect(await egress.test("tcp://db.example.com:5433")).toMatchObject({ verdict: "block", rule: "port" });
    const { status, rest } = await connectRaw(egress.paths.egress.socket, "db.example.com:5433");
    expect(status).toBe(403);
    expect(rest).toContain("only port 5432 of db.example.com is allowed");
    expect(await egress.test("tcp://db.example.com:5432")).toMatchObject({ verdict: "allow" });
  });

  test("names the slot of a credential, and never shows its value", async () => {
    const explained = await egress.test("https://api.example.com/v1/x");
    expect(JSON.stringify(explained)).toContain("EGRESS_TOKEN_0");
    expect(JSON.stringify(explained)).not.toContain(TOKEN);
  });

  test("uses nothing up", async () => {
    const before = await egress.status();
    await egress.test("https://api.example.com/v1/x");
    expect((await egress.status()).counters).toEqual(before.counters);
  });
});

describe("a git push", () => {
  test("is refused with a pointer to the git gate, and becomes no proposal", async () => {
    const reply = await get(
      egress.paths.egress.socket,
      ca,
      "https://api.example.com/repo.git/info/refs?service=git-receive-pack",
    );
    expect(reply.status).toBe(403);
    expect(reply.json()).toMatchObject({ error: "git_push_refused", rule: "git gate" });
    expect(reply.json()).not.toHaveProperty("proposal");
  });
});

describe("what was seen", () => {
  test("is folded, counted and there again after a restart", async () => {
    for (const id of [1, 2, 3]) await get(egress.paths.egress.socket, ca, `https://api.example.com/v1/items/${id}`);
    const kind = { host: "api.example.com", port: 443, method: "GET", path: "/v1/items/", count: 3, allowed: 3 };
    expect((await egress.seen()).requests).toContainEqual(expect.objectContaining(kind));
    expect((await egress.seen()).requests).toContainEqual(
      expect.objectContaining({ host: "evil.com", path: "/", allowed: 0 }),
    );
    const { since } = await egress.seen();
    egress.signal("SIGTERM");
    await egress.restart();
    await expect.poll(async () => (await egress.seen()).requests).toContainEqual(expect.objectContaining(kind));
    expect((await egress.seen()).since).toBe(since);
  });
});

/** Without a URL parser of the client's in between. */
async function sendExactly(socket: string, host: string, target: string, method: string) {
  const tunnel = await openTlsTunnel(socket, ca, host);
  try {
    return await over(tunnel, target, { method, headers: { host } });
  } finally {
    tunnel.destroy();
  }
}
