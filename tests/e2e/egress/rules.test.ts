// What the table lets through and what it does not, against the real process and a real TLS upstream.

import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { readAuditLog } from "#lib/store/audit-log.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { get, over, openTlsTunnel, plain } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;
const via = (url: string, ask = {}) => get(egress.paths.egress.socket, ca, url, ask);

beforeAll(async () => {
  upstream = await startUpstream("api.example.com", "other.example.com", "plain.example.com");
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: {
      hosts: {
        "api.example.com": upstream.pin,
        "other.example.com": upstream.pin,
        "plain.example.com": upstream.httpPin,
      },
      routes: [
        routeTo("api.example.com", { methods: ["GET", "POST"], path_allowlist: ["/repos/acme"] }),
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

describe("the table", () => {
  test("lets a listed request through, and the answer back", async () => {
    const reply = await via("https://api.example.com/repos/acme/tool?page=2");
    expect(reply).toMatchObject({ status: 200, body: "upstream: GET /repos/acme/tool?page=2" });
    expect(upstream.seen.at(-1)?.headers).toMatchObject({ host: "api.example.com" });
  });

  test("refuses another path, with what would allow it", async () => {
    const reply = await via("https://api.example.com/repos/acme-evil/tool");
    expect(reply.status).toBe(403);
    expect(reply.json()).toMatchObject({
      error: "blocked",
      host: "api.example.com",
      rule: "path_allowlist",
      how_to_ask: "call egress-block on the supervise MCP server",
      suggestion: { host: "api.example.com", port: 443, methods: ["GET"], path_allowlist: ["/repos/acme-evil/tool"] },
    });
    expect(reply.json().proposal).toMatch(/^[0-9a-z]+-[0-9a-z]+$/);
  });
});
