import { describe, expect, test } from "vitest";

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { createLimits } from "#sidecars/egress/limits/limits.ts";
import { routeKey } from "#sidecars/egress/limits/route-key.ts";
import { openUsage } from "#sidecars/egress/limits/usage.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const HOST = "api.example.com";

function start(routes: TableRoute[], budget?: RouteTable["budget"]) {
  const clock = { now: NOON };
  const usage = openUsage(NOON);
  let unknown: string | undefined;
  const made = { version: 1, on_unknown_host: "block", hold_seconds: 120, hosts: {} } as const;
  let table: RouteTable = { ...made, routes, ...(budget === undefined ? {} : { budget }) };
  const limits = createLimits({
    table: () => table,
    usage,
    now: () => clock.now,
    changed: () => {},
    unknown: () => unknown,
  });
  return {
    clock,
    usage,
    limits,
    setRoutes: (next: TableRoute[]) => void (table = { ...table, routes: next }),
    forget: (reason: string) => void (unknown = reason),
    admit(route: TableRoute, length?: number) {
      const admission = limits.admit(route, length);
      return admission.ok ? "ok" : admission.refusal;
    },
    meter(route: TableRoute) {
      const admission = limits.admit(route, undefined);
      if (!admission.ok) throw new Error(admission.refusal.reason);
      return admission.meter;
    },
  };
}

describe("requests a minute of a route", () => {
  const route = { host: HOST, limits: { requests_per_minute: 2 } };

  test("are refused with 429, the limit and when to try again; refused ones do not count", () => {
    const { admit, clock } = start([route]);
    expect([admit(route), admit(route)]).toEqual(["ok", "ok"]);
    for (let more = 0; more < 5; more += 1) {
      expect(admit(route)).toMatchObject({
        status: 429,
        code: "limit_reached",
        rule: "limits.requests_per_minute",
        retryAfter: 61,
      });
    }
    clock.now += 61_000;
    expect(admit(route)).toBe("ok");
  });

  test("are each route's own", () => {
    const other = { host: "b.example.com", limits: { requests_per_minute: 1 } };
    const { admit } = start([route, other]);
    admit(route);
    admit(route);
    expect(admit(other)).toBe("ok");
  });

  test("go on counting over a reload that changes the limit, and anew for another route", () => {
    const { admit, setRoutes } = start([route]);
    admit(route);
    admit(route);
    const raised = { host: HOST, limits: { requests_per_minute: 3 } };
    setRoutes([raised]);
    expect(admit(raised)).toBe("ok");
    expect(admit(raised)).toMatchObject({ status: 429 });
    const narrower = { ...raised, path_allowlist: ["/v1"] };
    setRoutes([narrower]);
    expect(admit(narrower)).toBe("ok");
  });
});

describe("bytes a day of a route", () => {
  const route = { host: HOST, limits: { bytes_per_day: 100 } };

  test("cut what is under way when they are passed, and refuse what comes after until the day is over", () => {
    const { admit, meter, clock } = start([route]);
    const first = meter(route);
    expect(first.count(60, 40)).toBeUndefined();
    const second = start([route]);
    expect(second.meter(route).count(60, 41)).toMatchObject({ status: 429, rule: "limits.bytes_per_day" });
    expect(admit(route)).toMatchObject({ code: "limit_reached", retryAfter: 12 * 3600 });
    expect(first.count(0, 1)).toMatchObject({ rule: "limits.bytes_per_day" });
    clock.now += 12 * 3_600_000;
    expect(admit(route)).toBe("ok");
    expect(first.count(50, 50)).toBeUndefined();
  });

  test("count together for what runs at the same time", () => {
    const { meter } = start([route]);
    const [one, other] = [meter(route), meter(route)];
    expect(one.count(0, 60)).toBeUndefined();
    expect(other.count(0, 60)).toMatchObject({ status: 429 });
  });

  test("that a reload lowers cut a stream that is under way", () => {
    const { meter, setRoutes } = start([route]);
    const running = meter(route);
    expect(running.count(0, 50)).toBeUndefined();
    setRoutes([{ host: HOST, limits: { bytes_per_day: 40 } }]);
    expect(running.count(0, 0)).toMatchObject({ rule: "limits.bytes_per_day" });
  });
});

describe("the size of a body", () => {
  const route = { host: HOST, limits: { body_bytes: 10 } };

  test("that is announced is refused at once, and nothing is counted", () => {
    const { admit, usage } = start([route]);
    expect(admit(route, 10)).toBe("ok");
    expect(admit(route, 11)).toMatchObject({ status: 413, code: "body_too_large", rule: "limits.body_bytes" });
    expect(usage.bottle(NOON).requests).toBe(1);
  });

  test("that is not announced is counted as it comes; the answer's is not", () => {
    const { meter } = start([route]);
    const running = meter(route);
    expect(running.count(0, 1000)).toBeUndefined();
    expect(running.count(10, 0)).toBeUndefined();
    expect(running.count(1, 0)).toMatchObject({ status: 413 });
  });

  test("of none at all can be asked for", () => {
    const none = { host: HOST, limits: { body_bytes: 0 } };
    const { admit } = start([none]);
    expect([admit(none), admit(none, 0)]).toEqual(["ok", "ok"]);
    expect(admit(none, 1)).toMatchObject({ status: 413 });
  });
});

describe("the bottle's budget", () => {
  const one = { host: "a.example.com" };
  const other = { host: "b.example.com" };

  test("of requests a minute is one for all routes", () => {
    const { admit } = start([one, other], { requests_per_minute: 2 });
    expect([admit(one), admit(other)]).toEqual(["ok", "ok"]);
    expect(admit(one)).toMatchObject({ status: 429, code: "budget_reached", rule: "budget.requests_per_minute" });
  });

  test("of requests a day ends with the day", () => {
    const { admit, clock } = start([one], { requests_per_day: 1 });
    expect(admit(one)).toBe("ok");
    expect(admit(one)).toMatchObject({ rule: "budget.requests_per_day", retryAfter: 12 * 3600 });
    clock.now += 12 * 3_600_000;
    expect(admit(one)).toBe("ok");
  });

  test("of bytes cuts whatever is under way", () => {
    const { meter, admit } = start([one, other], { bytes_per_day: 100 });
    const running = meter(one);
    meter(other).count(0, 100);
    expect(running.count(1, 0)).toMatchObject({ code: "budget_reached", rule: "budget.bytes_per_day" });
    expect(admit(other)).toMatchObject({ code: "budget_reached" });
  });

  test("that another limit refuses costs nothing of it", () => {
    const limited = { host: HOST, limits: { requests_per_minute: 1 } };
    const { admit, usage } = start([limited], { requests_per_day: 10 });
    admit(limited);
    admit(limited);
    expect(usage.bottle(NOON).requests).toBe(1);
  });
});

describe("what was used and cannot be known", () => {
  test("counts as used up where a limit of the day is set, and nowhere else", () => {
    const daily = { host: HOST, limits: { bytes_per_day: 10 } };
    const free = { host: "b.example.com", limits: { requests_per_minute: 5, body_bytes: 5 } };
    const { admit, forget } = start([daily, free]);
    forget("usage.json: is not JSON");
    expect(admit(daily)).toMatchObject({ status: 429, rule: "usage unknown" });
    expect(admit(free)).toBe("ok");
    const whole = start([free], { requests_per_day: 100 });
    whole.forget("usage.json: is not JSON");
    expect(whole.admit(free)).toMatchObject({ rule: "usage unknown" });
  });
});

describe("an explanation", () => {
  test("says what is used of each limit, and counts nothing", () => {
    const route = { host: HOST, limits: { requests_per_minute: 2, bytes_per_day: 100, body_bytes: 5 } };
    const { limits, meter } = start([route], { requests_per_day: 9 });
    meter(route).count(1, 2);
    const explained = limits.explain(route);
    expect(explained).toEqual(limits.explain(route));
    expect(explained.refusal).toBeUndefined();
    expect(explained.details).toEqual([
      "1 of the route's 2 requests in the last minute",
      "3B of the route's 100B today",
      "a request's body may have 5 bytes",
      "1 of the bottle's 9 requests today",
    ]);
  });
});

describe("what is used", () => {
  test("is said of every limit, the budget first, and nothing is counted by asking", () => {
    const route = {
      host: HOST,
      methods: ["GET"],
      limits: { requests_per_minute: 2, bytes_per_day: 100, body_bytes: 5 },
    };
    const { limits, meter, clock } = start([{ host: HOST }, route], { requests_per_day: 9 });
    meter(route).count(1, 2);
    const rule = `${HOST}:443 GET any path`;
    const uses = [
      { limit: "requests_per_day", used: 1, most: 9 },
      { route: rule, limit: "requests_per_minute", used: 1, most: 2 },
      { route: rule, limit: "bytes_per_day", used: 3, most: 100 },
    ];
    expect(limits.uses()).toEqual(uses);
    expect(limits.uses()).toEqual(uses);
    clock.now += 86_400_000;
    expect(limits.uses().map(({ used }) => used)).toEqual([0, 0, 0]);
  });

  test("is said once of routes that share one count, with the limits that hold for both", () => {
    const { limits, admit } = start([
      { host: HOST, limits: { requests_per_minute: 5 } },
      { host: HOST, limits: { bytes_per_day: 7 } },
    ]);
    admit({ host: HOST });
    expect(limits.uses().map(({ limit, used, most }) => [limit, used, most])).toEqual([
      ["requests_per_minute", 1, 5],
      ["bytes_per_day", 0, 7],
    ]);
  });

  test("is unknown for a day whose file cannot be read, and none where nothing is limited", () => {
    const { limits, forget } = start([], { requests_per_minute: 3, bytes_per_day: 9 });
    forget("usage.json: is not JSON");
    expect(limits.uses()).toEqual([
      { limit: "requests_per_minute", used: 0, most: 3 },
      { limit: "bytes_per_day", used: null, most: 9 },
    ]);
    expect(start([{ host: HOST }]).limits.uses()).toEqual([]);
  });
});

describe("the key of a route", () => {
  test("is what it covers, not its limits or the order of its lists", () => {
    const route = { host: HOST, path_allowlist: ["/a", "/b"], methods: ["GET", "PUT"] };
    const key = routeKey(route);
    expect(key).toMatch(/^api\.example\.com:443#[0-9a-f]{12}$/);
    expect(routeKey({ ...route, path_allowlist: ["/b", "/a"], limits: { bytes_per_day: 1 } })).toBe(key);
    expect(routeKey({ ...route, path_allowlist: ["/a"] })).not.toBe(key);
    expect(routeKey({ host: HOST })).toBe("api.example.com:443");
    expect(routeKey({ host: HOST, port: 8443 })).toBe("api.example.com:8443");
  });
});
