import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { EgressVerdict } from "#domain/egress/control.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { explain } from "#sidecars/egress/explain/explain.ts";
import { createLimits } from "#sidecars/egress/limits/limits.ts";
import { openUsage } from "#sidecars/egress/limits/usage.ts";
import { decide } from "#sidecars/egress/policy/decide.ts";

const NOW = new Date("2026-01-01T12:00:00Z");
const TOKEN = "gh-token-value-1234567890";
const slots = new Map([["EGRESS_TOKEN_0", TOKEN]]);

interface Setup {
  readonly more?: Partial<RouteTable>;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly used?: string[];
}

function ask(url: string, routes: TableRoute[], { more, method = "GET", headers, used = [] }: Setup = {}) {
  const table: RouteTable = { version: 1, on_unknown_host: "block", hold_seconds: 120, hosts: {}, routes, ...more };
  const usage = openUsage(NOW.getTime());
  const now = () => NOW.getTime();
  const limits = createLimits({ table: () => table, usage, now, changed: () => {}, unknown: () => undefined });
  const verdict = explain({ url, method, headers }, { table, used: new Set(used), slots, limits, now: NOW });
  return verdict === undefined ? undefined : EgressVerdict.parse(verdict);
}

/** `step state detail` of each. */
const lines = (verdict: EgressVerdict | undefined): string[] =>
  verdict?.steps.map(({ step, state, detail }) => `${step} ${state} ${detail}`) ?? [];
const step = (verdict: EgressVerdict | undefined, name: string) => verdict?.steps.filter((one) => one.step === name);

describe("a request that goes out", () => {
  test("is explained in the proxy's order, from its spelling to its scanning", () => {
    const verdict = ask("https://API.example.com./a/../repos/x?q=1", [
      { host: "api.example.com", path_allowlist: ["/repos"], auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } },
    ]);
    expect(verdict).toMatchObject({ verdict: "allow", rule: "api.example.com:443 any method /repos" });
    expect(lines(verdict)).toEqual([
      "parse ok GET https, read in one way only",
      "normalise ok API.example.com. is api.example.com port 443, path /repos/x",
      "tunnel ok TLS to api.example.com:443 is opened here, and each request decided",
      "git push ok is none",
      "match ok api.example.com:443 any method /repos: allows it",
      "credential ok Bearer from the slot EGRESS_TOKEN_0 is added; the client's own is taken out",
      "limits ok none are set",
      "address note every address of api.example.com must be public; nothing was resolved for this test",
      "scan note a known secret in the request is put before the operator while the client waits (outbound_on_match: supervise)",
      "scan note prompt injection in the answer is noted (inbound: warn)",
    ]);
  });

  test("shows each route on its host, and why it is or is not the one", () => {
    const verdict = ask("https://api.example.com/v1/x", [
      { host: "*.example.com" },
      { host: "api.example.com", methods: ["POST"] },
      { host: "api.example.com", path_allowlist: ["/v1"], decision: "d1", expires_at: "2026-01-01T13:00:00.000Z" },
      { host: "api.example.com", decision: "d0", once: true },
    ]);
    expect(step(verdict, "match")).toEqual([
      {
        step: "match",
        state: "no",
        detail: "api.example.com:443 POST any path: GET is not among POST for api.example.com",
      },
      {
        step: "match",
        state: "ok",
        detail: "api.example.com:443 any method /v1: allows it (decision d1, until 2026-01-01T13:00:00.000Z)",
      },
      {
        step: "match",
        state: "note",
        detail:
          "api.example.com:443 any method any path once: would allow it too; a more specific or standing route goes first",
      },
      {
        step: "match",
        state: "note",
        detail:
          "*.example.com:443 any method any path: would allow it too; a more specific or standing route goes first",
      },
    ]);
  });

  test("shows pinned and listed addresses, exceptions, modes and limits", () => {
    const exceptions = [{ decision: "d", host: "a.example.com", rule: "github-token" }];
    const route = {
      host: "a.example.com",
      pipelock: { ssrf_ip_allowlist: ["10.0.0.0/8"] },
      dlp: { outbound_on_match: "block", inbound: "off" },
      limits: { requests_per_minute: 5 },
    } as const;
    const plain = ask("https://a.example.com/", [route as unknown as TableRoute], {
      more: { dlp_exceptions: exceptions },
    });
    expect(lines(plain)).toEqual(
      expect.arrayContaining([
        expect.stringContaining("or in 10.0.0.0/8"),
        expect.stringContaining("outbound_on_match: block"),
        expect.stringContaining("inbound: off"),
        "limits ok 0 of the route's 5 requests in the last minute",
        "scan note approved findings go through here: github-token (every value)",
      ]),
    );
    const pinned = ask("https://a.example.com/", [{ host: "a.example.com" }], {
      more: { hosts: { "a.example.com": "127.0.0.1:8443" } },
    });
    expect(step(pinned, "address")?.[0]?.detail).toContain("pinned to 127.0.0.1:8443");
  });

  test("needs the headers of its match", () => {
    const routes = [{ host: "a.example.com", matches: [{ headers: { "x-kind": "read" } }] }];
    expect(ask("https://a.example.com/", routes)).toMatchObject({ verdict: "block", rule: "matches" });
    expect(ask("https://a.example.com/", routes, { headers: { "X-Kind": "Read" } })).toMatchObject({
      verdict: "allow",
    });
  });
});

describe("a request that does not go out", () => {
  test.each([
    ["an unknown host", "https://evil.com/", {}, "default deny", "match"],
    ["another port", "https://api.example.com:8443/", {}, "port", "match"],
    ["another method", "https://api.example.com/", { method: "POST" }, "methods", "match"],
    ["plain HTTP", "http://api.example.com/", {}, "no plain HTTP", "match"],
    ["an IPv4 address", "https://127.0.0.1/", {}, "names only", "parse"],
    ["an address in hexadecimal", "https://0x7f000001/", {}, "names only", "parse"],
    ["an address in octal", "https://0177.1/", {}, "names only", "parse"],
    ["an IPv6 address", "https://[::1]/", {}, "names only", "parse"],
    ["user information", "https://api.example.com@evil.com/", {}, "valid URL", "parse"],
    ["a port that is a host", "https://evil.com:443.api.example.com/", {}, "valid URL", "parse"],
    ["a backslash", "https://api.example.com/a\\b", {}, "unambiguous path", "parse"],
    ["an encoded slash", "https://api.example.com/a%2fb", {}, "unambiguous path", "match"],
    ["TRACE", "https://api.example.com/", { method: "TRACE" }, "no TRACE, no CONNECT within a tunnel", "parse"],
    ["another Host", "https://api.example.com/", { headers: { host: "evil.com" } }, "one name throughout", "parse"],
    ["a git push", "https://api.example.com/r.git/info/refs?service=git-receive-pack", {}, "git gate", "git push"],
    ["no port for a tunnel", "tcp://api.example.com", {}, "valid CONNECT", "parse"],
  ] as const)("because of %s is blocked at that step", (_what, url, setup, rule, failed) => {
    const verdict = ask(url, [{ host: "api.example.com", methods: ["GET"] }], setup);
    expect(verdict).toMatchObject({ verdict: "block", rule });
    expect(verdict?.steps.filter(({ state }) => state === "no").map((one) => one.step)).toContain(failed);
  });

  test("because its credential is not there is blocked, with the slot", () => {
    const verdict = ask("https://a.example.com/", [
      { host: "a.example.com", auth: { scheme: "token", slot: "EGRESS_TOKEN_9" } },
    ]);
    expect(verdict).toMatchObject({ verdict: "block", rule: "auth" });
    expect(verdict?.reason).toContain("EGRESS_TOKEN_9");
  });

  test("is held where unknown hosts are, and says for how long", () => {
    const verdict = ask("https://new.example.com/", [], { more: { on_unknown_host: "hold" } });
    expect(verdict).toMatchObject({ verdict: "hold", rule: "default deny" });
    expect(lines(verdict).at(-1)).toBe("hold note the client would wait up to 120 s for the operator's answer");
  });

  test("says of a used approval that it is used", () => {
    const routes = [{ host: "a.example.com", decision: "d", once: true }];
    expect(ask("https://a.example.com/", routes, { used: ["d"] })).toMatchObject({ verdict: "block", rule: "once" });
  });
});

describe("a tunnel", () => {
  const raw = { host: "db.example.com", port: 5432, raw_tcp: true };
  const open = { host: "pinned.example.com", pipelock: { tls_passthrough: true } };

  test("that is not read goes through by its route, and says that nothing is looked at", () => {
    expect(ask("tcp://db.example.com:5432", [raw])).toMatchObject({
      verdict: "allow",
      rule: "db.example.com:5432 raw TCP",
    });
    const through = ask("https://pinned.example.com/x", [open]);
    expect(through).toMatchObject({ verdict: "allow", rule: "pinned.example.com:443 TLS passed through" });
    expect(lines(through)).toContain(
      "tunnel note the server name of TLS must be pinned.example.com; nothing else is read: no methods, no paths, no credential, no scanning",
    );
  });

  test("to another port of such a host is refused", () => {
    expect(ask("tcp://db.example.com:22", [raw])).toMatchObject({ verdict: "block", rule: "port" });
  });

  test("to any other host is opened for TLS, whose requests are decided", () => {
    const verdict = ask("tcp://evil.com:443", [raw]);
    expect(verdict).toMatchObject({ verdict: "allow", rule: "intercepted" });
    expect(lines(verdict).at(-1)).toContain("ask about an https:// URL");
  });
});

describe("any explanation", () => {
  test("is none for what is no URL", () => {
    for (const url of ["", "api.example.com", "ftp://a/", "https:/a", "javascript:x"])
      expect(ask(url, [])).toBeUndefined();
  });

  test("takes ws and wss for the requests that they begin with", () => {
    const routes = [{ host: "a.example.com", http: true }];
    expect(ask("wss://a.example.com/s", routes)).toMatchObject({ verdict: "allow" });
    expect(ask("ws://a.example.com/s", routes)).toMatchObject({ verdict: "allow" });
    expect(step(ask("wss://a.example.com/s", routes), "upgrade")).toHaveLength(1);
  });

  test("shows no secret", () => {
    const routes = [{ host: "a.example.com", auth: { scheme: "Basic", slot: "EGRESS_TOKEN_0" } }];
    expect(JSON.stringify(ask("https://a.example.com/", routes))).not.toContain(TOKEN);
  });

  test("agrees with decide, and never throws", () => {
    const url = fc.oneof(
      fc.webUrl(),
      fc.string().map((text) => `https://${text}`),
      fc
        .constantFrom("https://a.example.com", "http://a.example.com")
        .chain((base) => fc.webPath().map((path) => base + path)),
    );
    const routes = [{ host: "a.example.com", methods: ["GET"], path_allowlist: ["/a"] }];
    fc.assert(
      fc.property(url, fc.constantFrom("GET", "POST", "get", ""), (text, method) => {
        const verdict = ask(text, routes, { method });
        if (verdict?.verdict !== "allow") return;
        const { hostname, pathname } = new URL(text);
        const to = { scheme: "https", host: hostname, isAddress: false, port: 443, method, path: pathname } as const;
        const table = { version: 1, on_unknown_host: "block", hold_seconds: 1, hosts: {}, routes } as const;
        expect(decide(to, table as unknown as RouteTable, NOW, new Set()).verdict).toBe("allow");
      }),
      { numRuns: 1000 },
    );
  });
});
