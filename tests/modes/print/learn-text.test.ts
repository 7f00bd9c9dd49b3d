import { describe, expect, test } from "vitest";

import { parseBottle } from "#domain/definition/parse.ts";
import type { SeenRequest } from "#domain/egress/control.ts";
import { learnRoutes } from "#domain/egress/learn.ts";
import type { TableRoute } from "#domain/egress/route.ts";
import { learnText } from "#modes/print/learn-text.ts";

const AT = "2030-01-01T11:59:00.000Z";
const NOW = new Date("2030-01-01T12:00:00.000Z");

const routes: TableRoute[] = [
  { host: "a.test", methods: ["GET"], limits: { body_bytes: 10_485_760, bytes_per_day: 1001, requests_per_minute: 9 } },
  { host: "npm.test", methods: ["GET"], encoded_slashes: true },
  { host: "*.gone.test" },
  { host: "with.test", auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } },
  { host: "two.test" },
  { host: "two.test", port: 8443 },
];

function asked(method: string, host: string, path: string, over: Partial<SeenRequest> = {}): SeenRequest {
  return { scheme: "https", host, port: 443, method, path, count: 2, allowed: 2, last_seen: AT, ...over };
}

const requests = [
  asked("GET", "a.test", "/v1"),
  asked("POST", "a.test", "/v1", { allowed: 0 }),
  asked("DELETE", "a.test", "/v2", { allowed: 0 }),
  asked("GET", "npm.test", "/@a/b"),
  asked("PUT", "npm.test", "/@a/b", { allowed: 0 }),
  asked("GET", "b.gone.test", "/", { answered: 0 }),
  asked("GET", "with.test", "/"),
  asked("GET", "with.test", "/", { scheme: "http", port: 80, allowed: 0 }),
  asked("GET", "two.test", "/", { count: 5, allowed: 5 }),
  asked("GET", "two.test", "/", { port: 8443 }),
  asked("GET", "evil.test", "/\u001b[31m", { allowed: 0 }),
  asked("GET", "evil.test", "/x", { allowed: 0, port: 8080 }),
];

const learned = learnRoutes(
  { since: AT, requests, left_out: 0 },
  { version: 1, on_unknown_host: "block", hold_seconds: 120, hosts: {}, routes },
  { now: NOW, variables: { EGRESS_TOKEN_0: "ACME_PAT" } },
);
const text = learnText(learned, "reviewer-k3x9a", NOW);

function routesOf(yaml: string): readonly object[] {
  const parsed = parseBottle({ name: "x", path: "x.md", text: `---\n${yaml}\n---\n` });
  if (!("value" in parsed)) throw new Error(JSON.stringify(parsed));
  return (parsed.value as { keys: { egress: { routes: object[] } } }).keys.egress.routes;
}

describe("what was learned, as YAML", () => {
  test("is a definition's, with one route for each host that was allowed and answered", () => {
    expect(routesOf(text)).toEqual([
      {
        host: "a.test",
        limits: { body_bytes: 10_485_760, bytes_per_day: 1001, requests_per_minute: 9 },
        matches: [{ path: "/v1", methods: ["GET"] }],
      },
      { host: "npm.test", encoded_slashes: true, matches: [{ methods: ["GET"] }] },
      { host: "two.test", methods: ["GET"] },
      { host: "with.test", methods: ["GET"], auth: { scheme: "Bearer", token_ref: "ACME_PAT" } },
    ]);
  });

  test("is one still when every # before YAML is taken out, with what was refused beside what was allowed", () => {
    const open = text.replaceAll(/^( *)# ( *(?:- \S|[a-z_]+:(?: |$)).*)$/gm, "$1$2");
    expect(routesOf(open)).toEqual([
      expect.objectContaining({
        host: "a.test",
        matches: [
          { path: "/v1", methods: ["GET"] },
          { path: "/v1", methods: ["POST"] },
          { path: "/v2", methods: ["DELETE"] },
        ],
      }),
      { host: "npm.test", encoded_slashes: true, matches: [{ methods: ["GET"] }, { methods: ["PUT"] }] },
      expect.objectContaining({ host: "two.test" }),
      expect.objectContaining({ host: "with.test" }),
      { host: "b.gone.test", methods: ["GET"] },
      expect.objectContaining({ host: "evil.test" }),
    ]);
  });

  test("says sizes as people write them, and what fits into no route of the host", () => {
    expect(text).toContain("body_bytes: 10MiB");
    expect(text).toContain("bytes_per_day: 1001");
    expect(text).toContain("one route for a host: https://two.test:8443 GET /");
    expect(text).toContain("one route for a host: http(s)://with.test GET /");
    expect(text).toContain("never answered");
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});
