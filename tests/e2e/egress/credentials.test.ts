// A route's credential goes to its own host only, replaces whatever the agent sent, and never comes back.

import { execFileSync } from "node:child_process";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { get, openTlsTunnel, plain, raw } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const TOKENS = { EGRESS_TOKEN_0: "bearer-s3cret", EGRESS_TOKEN_1: "user:pa55word", EGRESS_TOKEN_2: "header-s3cret" };
let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;

beforeAll(async () => {
  upstream = await startUpstream(
    "bearer.example.com",
    "token.example.com",
    "basic.example.com",
    "header.example.com",
    "none.example.com",
    "empty.example.com",
  );
  const hosts = ["bearer", "token", "basic", "header", "none", "empty"].map((name) => [
    `${name}.example.com`,
    upstream.pin,
  ]);
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    tokens: TOKENS,
    table: {
      hosts: { ...Object.fromEntries(hosts), "plain.example.com": upstream.httpPin },
      routes: [
        routeTo("bearer.example.com", { auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } }),
        routeTo("token.example.com", { auth: { scheme: "token", slot: "EGRESS_TOKEN_0" } }),
        routeTo("basic.example.com", { auth: { scheme: "Basic", slot: "EGRESS_TOKEN_1" } }),
        routeTo("header.example.com", { auth: { scheme: "header:X-Api-Key", slot: "EGRESS_TOKEN_2" } }),
        routeTo("none.example.com"),
        routeTo("empty.example.com", { auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_7" } }),
        routeTo("plain.example.com", { http: true }),
      ],
    },
  });
  ca = await egress.ca();
});
afterAll(async () => {
  await egress.remove();
  await upstream.close();
});

const via = (url: string, headers: Record<string, string> = {}) =>
  get(egress.paths.egress.socket, ca, url, { headers });
const lastHeaders = () => upstream.seen.at(-1)?.headers;

describe("a credential", () => {
  test.each([
    ["bearer", "authorization", "Bearer bearer-s3cret"],
    ["token", "authorization", "token bearer-s3cret"],
    ["basic", "authorization", `Basic ${Buffer.from("user:pa55word").toString("base64")}`],
    ["header", "x-api-key", "header-s3cret"],
  ])("is put in by the scheme of the route: %s", async (name, header, value) => {
    expect((await via(`https://${name}.example.com/`)).status).toBe(200);
    expect(lastHeaders()).toMatchObject({ [header]: value });
  });

  test("replaces what the agent sent, in whatever header", async () => {
    await via("https://bearer.example.com/", {
      Authorization: "Bearer mine",
      cookie: "session=mine",
      "x-api-key": "mine",
      "proxy-authorization": "Basic mine",
      connection: "authorization",
      accept: "*/*",
    });
    expect(lastHeaders()).toMatchObject({ authorization: "Bearer bearer-s3cret", accept: "*/*" });
    expect(JSON.stringify(upstream.seen.at(-1)?.rawHeaders)).not.toContain("mine");
  });

  test("of the agent's own never leaves, on a route without one either", async () => {
    await via("https://none.example.com/", {
      AUTHORIZATION: "Bearer mine",
      "Proxy-Authorization": "x",
      cookie: "kept=1",
    });
    expect(lastHeaders()).not.toHaveProperty("authorization");
    expect(lastHeaders()).not.toHaveProperty("proxy-authorization");
    expect(lastHeaders()).toMatchObject({ cookie: "kept=1" });
  });

  test("is not there over plain HTTP", async () => {
    await plain(egress.paths.egress.socket, "http://plain.example.com/", { headers: { authorization: "Bearer mine" } });
    expect(lastHeaders()).not.toHaveProperty("authorization");
  });

  test("without a value lets nothing through", async () => {
    const before = upstream.seen.length;
    const reply = await via("https://empty.example.com/");
    expect(reply).toMatchObject({ status: 403, headers: { "x-bottle-egress": "credential_missing" } });
    expect(reply.json().reason).toContain("EGRESS_TOKEN_7");
    expect(upstream.seen.length).toBe(before);
  });

  test("is not sent to another host by a redirect", async () => {
    upstream.on("/away", (_request, response) => {
      response.writeHead(302, { location: "https://none.example.com/landed" });
      response.end();
    });
    const reply = await via("https://bearer.example.com/away");
    expect(reply).toMatchObject({ status: 302, headers: { location: "https://none.example.com/landed" } });
    expect(upstream.seen.at(-1)?.url).toBe("/away");
  });

  test("that comes back in a header is masked", async () => {
    upstream.on("/echo", (request, response) => {
      response.writeHead(200, { "x-echo": `you sent ${request.headers.authorization}` });
      response.end();
    });
    expect((await via("https://bearer.example.com/echo")).headers["x-echo"]).toBe("you sent Bearer ***");
    const basic = await via("https://basic.example.com/echo");
    expect(basic.headers["x-echo"]).toBe("you sent Basic ***");
  });

  test("that comes back in the words of the status is not among them", async () => {
    upstream.on("/words", (request, response) => {
      response.writeHead(200, `OK ${String(request.headers.authorization)}`);
      response.end();
    });
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, "bearer.example.com");
    const said = await raw(tunnel, "GET /words HTTP/1.1\r\nHost: bearer.example.com\r\nConnection: close\r\n\r\n");
    expect(said.split("\r\n")[0]).toBe("HTTP/1.1 200 OK");
  });

  test("stands nowhere: not on the control socket, in the output, or in the bottle's folder", async () => {
    const status = JSON.stringify(await egress.status());
    for (const token of [...Object.values(TOKENS), Buffer.from(TOKENS.EGRESS_TOKEN_1).toString("base64")]) {
      expect(status).not.toContain(token);
      expect(egress.output()).not.toContain(token);
      const found = execFileSync("sh", ["-c", 'grep -rlF -- "$1" "$2" || true', "sh", token, egress.of.root], {
        encoding: "utf8",
      });
      expect(found).toBe("");
    }
  });
});
