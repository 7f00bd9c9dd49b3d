import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { EgressSeen } from "#domain/egress/control.ts";
import { foldPath } from "#sidecars/egress/seen/fold-path.ts";
import { type Asked, openSeen } from "#sidecars/egress/seen/seen.ts";

const AT = new Date("2026-01-01T12:00:00Z");
const asked = (path: string, more: Partial<Asked> = {}): Asked => ({
  scheme: "https",
  host: "api.example.com",
  port: 443,
  method: "GET",
  path,
  verdict: "allow",
  status: 200,
  ...more,
});

describe("a path", () => {
  test.each([
    ["/", "/"],
    ["/v1/models", "/v1/models"],
    ["/simple/", "/simple/"],
    ["/repos/acme/app/issues/123", "/repos/acme/app/issues/"],
    ["/repos/acme/app/issues/123/comments", "/repos/acme/app/issues/"],
    ["/42", "/"],
    ["/o/550e8400-e29b-41d4-a716-446655440000/x", "/o/"],
    ["/commit/9fceb02d0ae598e95dc970b74767f19372d61af8", "/commit/"],
    ["/commit/9fceb02", "/commit/"],
    ["/t/AKIAIOSFODNN7EXAMPLE12ab", "/t/"],
    [`/x/${"a".repeat(49)}`, "/x/"],
    ["/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/"],
    ["/@scope/pkg/-/pkg-1.0.0.tgz", "/@scope/pkg/-/pkg-1.0.0.tgz"],
    ["/deadbeef", "/deadbeef"],
    ["/documentation-of-everything-here", "/documentation-of-everything-here"],
  ])("%s is of the kind %s", (path, kind) => {
    expect(foldPath(path)).toBe(kind);
  });

  test("is of a kind that stays itself, and covers it", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webPath(),
          fc.string().map((text) => `/${text}`),
        ),
        (text) => {
          const path = text === "" ? "/" : text;
          const kind = foldPath(path);
          expect(kind.startsWith("/")).toBe(true);
          expect(foldPath(kind)).toBe(kind);
          expect(kind === path || (kind.endsWith("/") && path.startsWith(kind))).toBe(true);
        },
      ),
    );
  });
});

describe("what was asked for", () => {
  test("is counted by kind, with what was allowed and when it was last", () => {
    const seen = openSeen(AT);
    seen.note(asked("/v1/models"), AT);
    seen.note(asked("/v1/models", { verdict: "block" }), new Date(AT.getTime() + 1000));
    seen.note(asked("/v1/models", { verdict: "redact", status: 502 }), AT);
    seen.note(asked("/v1/models", { method: "POST", verdict: "hold" }), AT);
    expect(seen.read()).toEqual({
      since: AT.toISOString(),
      left_out: 0,
      requests: [
        {
          scheme: "https",
          host: "api.example.com",
          port: 443,
          method: "GET",
          path: "/v1/models",
          count: 3,
          allowed: 2,
          answered: 1,
          last_seen: "2026-01-01T12:00:01.000Z",
        },
        expect.objectContaining({ method: "POST", count: 1, allowed: 0 }),
      ],
    });
  });

  test("does not hold addresses or what was no request", () => {
    const seen = openSeen(AT);
    seen.note(asked("/", { host: "127.0.0.1" }), AT);
    seen.note(asked("/", { host: "" }), AT);
    seen.note(asked(""), AT);
    expect(seen.read().requests).toEqual([]);
  });

  test("an index does not swallow what is beside it; a folder that stands for many does", () => {
    const seen = openSeen(AT);
    for (const path of ["/simple/", "/simple/requests/", "/issues/1", "/issues/2", "/issues/new"])
      seen.note(asked(path), AT);
    expect(seen.read().requests.map(({ path, count }) => [path, count])).toEqual([
      ["/issues/", 3],
      ["/simple/", 1],
      ["/simple/requests/", 1],
    ]);
  });

  test("is folded into the fullest folders when a host has too many kinds", () => {
    const seen = openSeen(AT);
    for (let at = 0; at < 200; at += 1) seen.note(asked(`/packages/p${at}x/index.html`), AT);
    for (const path of ["/login", "/search"]) seen.note(asked(path), AT);
    const { requests } = seen.read();
    expect(requests.length).toBeLessThanOrEqual(40);
    expect(requests.map(({ path }) => path)).toEqual(expect.arrayContaining(["/packages/", "/login", "/search"]));
    expect(requests.reduce((sum, { count }) => sum + count, 0)).toBe(202);
  });

  test("stays bounded over a thousand hosts, and says what was left out", () => {
    const seen = openSeen(AT);
    for (let at = 0; at < 1000; at += 1) seen.note(asked("/", { host: `h${at}.example.com` }), AT);
    const { requests, left_out } = seen.read();
    expect(requests).toHaveLength(500);
    expect(left_out).toBe(500);
    seen.note(asked("/", { host: "h1.example.com" }), AT);
    expect(seen.read().requests[0]).toMatchObject({ host: "h1.example.com", count: 2 });
  });

  const any = fc.record({
    host: fc.constantFrom("a.example.com", "b.example.com"),
    method: fc.constantFrom("GET", "POST", "X"),
    path: fc
      .array(fc.stringMatching(/^[a-z0-9 %]{1,6}$/), { maxLength: 9 })
      .map((segments) => `/${segments.join("/")}`),
    verdict: fc.constantFrom("allow" as const, "block" as const),
  });

  test("is bounded, loses no count of what it holds, and is read back as it was", () => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 300 }), (all) => {
        const seen = openSeen(AT);
        for (const { path, ...more } of all) seen.note(asked(path, more), AT);
        const read = EgressSeen.parse(seen.read());
        expect(read.requests.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
        const keys = read.requests.map(({ host, method, path }) => `${host} ${method} ${path}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const host of ["a.example.com", "b.example.com"])
          expect(read.requests.filter((one) => one.host === host).length).toBeLessThanOrEqual(40);
        const again = openSeen(new Date(AT.getTime() + 1000));
        again.add(read);
        const sorted = ({ requests }: EgressSeen) => requests.map((one) => JSON.stringify(one)).toSorted();
        expect(again.read().since).toBe(read.since);
        expect(again.read().requests.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
        if (!keys.some((key) => key.endsWith("/"))) expect(sorted(again.read())).toEqual(sorted(read));
      }),
      { numRuns: 100 },
    );
  });
});
