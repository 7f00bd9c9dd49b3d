import { describe, expect, test } from "vitest";

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import type { BlockedRequest } from "#sidecars/egress/asking/blocked.ts";
import { createLimits } from "#sidecars/egress/limits/limits.ts";
import { openUsage } from "#sidecars/egress/limits/usage.ts";
import type { Shown } from "#sidecars/egress/inspection/shown.ts";
import type { ParsedRequest } from "#sidecars/egress/policy/parse-request.ts";
import { type Asked, type Clearance, type ClearanceDeps, clearRequest } from "#sidecars/egress/traffic/clearance.ts";
import { clearTunnel } from "#sidecars/egress/traffic/clear-tunnel.ts";

const HOST = "api.example.com";
const request = (more: Partial<ParsedRequest> = {}): ParsedRequest => ({
  scheme: "https",
  host: HOST,
  isAddress: false,
  port: 443,
  method: "GET",
  path: "/v1",
  forward: "/v1",
  rawHeaders: [],
  ...more,
});

const askedOf = (made: ParsedRequest, shown: Partial<Shown>): Asked => ({
  request: made,
  shown: { host: made.host, path: made.path, ...shown },
});

interface Setup {
  readonly onUnknown?: "block" | "hold";
  readonly writable?: boolean;
  readonly tokens?: [string, string][];
  /** What the operator's answer does to the table. */
  readonly answer?: (routes: TableRoute[]) => "allowed" | "refused";
}

function start(routes: TableRoute[], { onUnknown = "block", writable = true, tokens = [], answer }: Setup = {}) {
  const made = { version: 1, on_unknown_host: onUnknown, hold_seconds: 1, hosts: {} } as const;
  let table: RouteTable = { ...made, routes };
  const used = new Set<string>();
  const asked: string[] = [];
  const audited: string[] = [];
  const proposed: BlockedRequest[] = [];
  const details: string[] = [];
  const now = () => Date.UTC(2026, 0, 1);
  const usage = openUsage(now());
  const deps: ClearanceDeps = {
    table: () => table,
    slots: new Map(tokens),
    limits: createLimits({ table: () => table, usage, now, changed: () => {}, unknown: () => undefined }),
    uses: {
      used: () => used,
      async consume(decision) {
        if (!writable) throw new Error("the disk is full");
        used.add(decision);
      },
      note: () => {},
      flush: async () => {},
    },
    holds: {
      async hold(_request: unknown, first: { refusal: unknown }) {
        asked.push("hold");
        const next = [...table.routes];
        const end = answer?.(next) ?? "refused";
        table = { ...table, routes: next };
        return end === "allowed" ? { end } : { end, refusal: first.refusal };
      },
      recheck: () => {},
    } as unknown as ClearanceDeps["holds"],
    blocked: {
      async propose(blocked) {
        asked.push("proposal");
        proposed.push(blocked);
        return "0001-asked";
      },
      flush: async () => {},
      close: () => {},
    },
    audit: {
      note(_action: string, key: string, detail: string) {
        audited.push(key);
        details.push(detail);
      },
    } as unknown as ClearanceDeps["audit"],
    traffic: { held: () => {} } as unknown as ClearanceDeps["traffic"],
  };
  return {
    deps,
    used,
    asked,
    audited,
    proposed,
    details,
    usage,
    requests: () => usage.bottle(now()).requests,
    setRoutes: (next: TableRoute[]) => void (table = { ...table, routes: next }),
    clear: (more?: Partial<ParsedRequest>, shown: Partial<Shown> = {}) =>
      clearRequest(askedOf(request(more), shown), () => new AbortController().signal, deps),
  };
}

describe("a request", () => {
  test("that needs nothing to wait for is cleared at once, with its route, its credential and its meter", () => {
    const route = { host: HOST, auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } };
    const { clear, requests } = start([route], { tokens: [["EGRESS_TOKEN_0", "a-token"]] });
    const clearance = clear();
    expect(clearance).not.toBeInstanceOf(Promise);
    expect(clearance).toMatchObject({ clear: "yes", route, credential: { value: "Bearer a-token" } });
    expect(requests()).toBe(1);
  });

  test("that pushes is refused before the table is asked, on a listed host and on an unknown one alike", () => {
    for (const routes of [[{ host: HOST }], []]) {
      const { clear, asked, audited } = start(routes, { onUnknown: "hold" });
      const push = { path: "/r.git/git-receive-pack", forward: "/r.git/git-receive-pack", method: "POST" };
      expect(clear(push)).toMatchObject({ clear: "no", refusal: { code: "git_push_refused" } });
      expect(asked).toEqual([]);
      expect(audited).toEqual([`${HOST}:443 (git gate)`]);
    }
  });

  test("with a secret in its path is told without it, and what is suggested ends at the folder before", async () => {
    const { clear, proposed, details } = start([]);
    const told = await clear({ path: "/v1/keys/SECRET/x" }, { path: "/v1/keys/******/x" });
    expect(told).toMatchObject({ clear: "no", refusal: { suggestion: { path_allowlist: ["/v1/keys/"] } } });
    expect(proposed).toMatchObject([{ path: "/v1/keys/******/x", suggestion: { path_allowlist: ["/v1/keys/"] } }]);
    expect(JSON.stringify([told, proposed, details])).not.toContain("SECRET");
  });

  test.each(["block", "hold"] as const)("with a secret in its host is put before nobody (%s)", async (onUnknown) => {
    const { clear, asked, audited, details } = start([], { onUnknown });
    const told = await clear({ host: "secret.example.com" }, { host: "********.example.com" });
    expect(told).toMatchObject({ clear: "no", refusal: { code: "blocked" } });
    expect(asked).toEqual([]);
    expect(JSON.stringify([told, audited, details])).not.toContain("secret.");
  });

  test("that is blocked is put before the operator, and its answer names the proposal", async () => {
    const { clear, asked } = start([]);
    expect(await clear()).toMatchObject({ clear: "no", refusal: { code: "blocked" }, proposal: "0001-asked" });
    expect(asked).toEqual(["proposal"]);
  });

  test("whose credential is missing uses up neither a limit nor an approval", () => {
    const auth = { scheme: "Bearer", slot: "EGRESS_TOKEN_0" };
    const { clear, requests, used } = start([{ host: HOST, auth, once: true, decision: "d" }]);
    expect(clear()).toMatchObject({ clear: "no", refusal: { code: "credential_missing" } });
    expect([requests(), used.size]).toEqual([0, 0]);
  });

  test("that a limit refuses does not use up its approval", async () => {
    const { clear, used } = start([{ host: HOST, limits: { body_bytes: 1 }, once: true, decision: "d" }]);
    expect(await clear({ bodyLength: 2 })).toMatchObject({ clear: "no", refusal: { status: 413 } });
    expect([...used]).toEqual([]);
    expect(await clear({ bodyLength: 1 })).toMatchObject({ clear: "yes" });
    expect([...used]).toEqual(["d"]);
    expect(await clear()).toMatchObject({ clear: "no", refusal: { rule: "once" } });
  });

  test("whose one use cannot be written down is not sent", async () => {
    const { clear } = start([{ host: HOST, once: true, decision: "d" }], { writable: false });
    expect(await clear()).toMatchObject({ clear: "no", refusal: { status: 503, code: "storage_failed" } });
  });

  test("that was held and approved has the limits of the route that approves it", async () => {
    const { clear, asked } = start([], {
      onUnknown: "hold",
      answer: (routes) => {
        routes.push({ host: HOST, decision: "d", limits: { body_bytes: 0 } });
        return "allowed";
      },
    });
    expect(await clear({ bodyLength: 5 })).toMatchObject({ clear: "no", refusal: { code: "body_too_large" } });
    expect(asked).toEqual(["hold"]);
  });

  test("is still allowed while the table has it, its own one use notwithstanding", async () => {
    const once = { host: HOST, once: true, decision: "d" };
    const { clear, setRoutes } = start([once]);
    const clearance = await clear();
    expect(still(clearance)).toBe(true);
    setRoutes([]);
    expect(still(clearance)).toBe(false);
  });
});

describe("a tunnel that is not read", () => {
  const raw = { host: HOST, port: 5432, raw_tcp: true };

  test("is cleared with a meter, and still allowed while it is the same kind of tunnel", async () => {
    const { deps, setRoutes, requests } = start([raw]);
    const clearance = await clearTunnel(HOST, 5432, deps);
    expect(clearance).toMatchObject({ clear: "yes", kind: "raw", route: raw });
    expect(requests()).toBe(1);
    expect(still(clearance)).toBe(true);
    setRoutes([{ host: HOST, port: 5432 }]); // requests would be read there now
    expect(still(clearance)).toBe(false);
  });

  test("is refused where the limit says so, and takes its one use", async () => {
    const once = { ...raw, once: true, decision: "d", limits: { requests_per_minute: 5 } };
    const { deps, used } = start([once]);
    expect(await clearTunnel(HOST, 5432, deps)).toMatchObject({ clear: "yes" });
    expect([...used]).toEqual(["d"]);
    expect(await clearTunnel(HOST, 5432, deps)).toMatchObject({ clear: "no", refusal: { rule: "once" } });
    const limited = start([{ ...raw, limits: { requests_per_minute: 1 } }]);
    await clearTunnel(HOST, 5432, limited.deps);
    expect(await clearTunnel(HOST, 5432, limited.deps)).toMatchObject({ clear: "no", refusal: { status: 429 } });
  });

  test("to any other host is intercepted, and counts as nothing", () => {
    const { deps, requests } = start([raw]);
    expect(clearTunnel("other.example.com", 443, deps)).toEqual({ clear: "intercept" });
    expect(requests()).toBe(0);
  });
});

function still(clearance: Clearance | Awaited<ReturnType<typeof clearTunnel>>): boolean | undefined {
  return clearance.clear === "yes" ? clearance.stillAllowed() : undefined;
}
