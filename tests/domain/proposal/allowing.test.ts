// What allowing one request decides, and that two that are shown differently have different keys.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { EgressRequest } from "#domain/egress/control.ts";
import { allowingOf, isAbout, shownKey } from "#domain/proposal/allowing.ts";
import { EgressBlockPayload, type Proposal } from "#domain/proposal/proposal.ts";

const AT = "2030-01-01T12:00:00.000Z";
const common = { version: 1, bottle_slug: "a-1", created_at: AT, justification: "", origin: "mcp" } as const;
const WAITING: Proposal = {
  ...common,
  id: "mfx12k3ab-c4d5e",
  digest: `sha256:${"0".repeat(64)}`,
  kind: "egress-block",
  payload: { host: "API.example.com", methods: ["GET"] },
};

function request(over: Partial<EgressRequest> = {}): EgressRequest {
  return {
    id: 1,
    at: AT,
    verdict: "block",
    method: "GET",
    scheme: "https",
    protocol: "h2",
    host: "api.example.com",
    port: 443,
    path: "/v1/items",
    status: 403,
    bytes_up: 0,
    bytes_down: 0,
    ms: 1,
    rule: "default deny",
    ...over,
  };
}

describe("allowing a request", () => {
  test("decides the proposal that waits for it, and else makes the narrowest rule", () => {
    expect(allowingOf(request(), [WAITING])).toEqual({ type: "waiting", proposal: WAITING });
    expect(allowingOf(request({ method: "POST" }), [WAITING])).toEqual({
      type: "new",
      draft: {
        kind: "egress-block",
        payload: {
          host: "api.example.com",
          port: 443,
          methods: ["POST"],
          path_allowlist: ["/v1/items"],
          method: "POST",
          path: "/v1/items",
        },
      },
      clear: false,
    });
  });

  test("in the clear is for the port that was asked for, and says so", () => {
    expect(allowingOf(request({ scheme: "http", port: 80 }), [])).toMatchObject({
      clear: true,
      draft: { payload: { port: 80 } },
    });
  });

  test("a finding that a proposal names is about it, on its host only", () => {
    const finding = { rule: "jwt", direction: "outbound", where: "body", action: "blocked" } as const;
    const named: Proposal = {
      ...WAITING,
      kind: "pipelock-block",
      payload: { host: "api.example.com", finding: "jwt" },
    };
    expect(isAbout(named, request({ findings: [finding] }))).toBe(true);
    expect(isAbout(named, request())).toBe(false);
    expect(isAbout(named, request({ host: "b.example.com", findings: [finding] }))).toBe(false);
    expect(isAbout({ ...WAITING, kind: "question", payload: { text: "?" } }, request())).toBe(false);
  });

  test("is refused, whatever waits for others, for what was caught of the bottle's own", () => {
    const findings = [{ rule: "canary", direction: "outbound", where: "body", action: "blocked" } as const];
    expect(() => allowingOf(request({ host: "b.example.com", findings }), [WAITING])).toThrow(/planted canary/);
  });
});

describe("the key of what was shown", () => {
  test("is another for another version of a proposal, another rule, or one in the clear", () => {
    const keys = [
      allowingOf(request(), [WAITING]),
      allowingOf(request(), [{ ...WAITING, digest: `sha256:${"1".repeat(64)}` }]),
      allowingOf(request(), []),
      allowingOf(request({ port: 8443 }), []),
      allowingOf(request({ port: 8443, scheme: "http" }), []),
      allowingOf(request({ path: "/v1" }), []),
    ].map(shownKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("is the same for requests that differ in nothing that is approved", () => {
    expect(shownKey(allowingOf(request({ id: 7, ms: 9, status: 0 }), []))).toBe(shownKey(allowingOf(request(), [])));
  });
});

test("whatever is asked for, the rule is one that the store takes, or is refused", () => {
  const path = fc.string({ unit: "binary", maxLength: 3000 }).map((text) => `/${text}`);
  fc.assert(
    fc.property(path, (text) => {
      let allowing;
      try {
        allowing = allowingOf(request({ path: text }), []);
      } catch (error) {
        expect(error).toMatchObject({ code: "refused" });
        return;
      }
      if (allowing.type !== "new") throw new Error("nothing waits");
      EgressBlockPayload.parse(allowing.draft.payload);
    }),
  );
});
