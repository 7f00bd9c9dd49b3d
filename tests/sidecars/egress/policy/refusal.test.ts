import { describe, expect, test } from "vitest";

import { type Refusal, type RefusalCode, refusalBody, secretFound } from "#sidecars/egress/policy/refusal.ts";

const body = (refusal: Refusal): Record<string, unknown> =>
  JSON.parse(refusalBody(refusal, "a.test")) as Record<string, unknown>;
const refusal = (code: RefusalCode, more: Partial<Refusal> = {}): Refusal => ({
  status: 403,
  code,
  rule: "a rule",
  reason: "a reason",
  ...more,
});

describe("a refusal", () => {
  test.each<RefusalCode>(["bad_request", "blocked", "address_refused", "limit_reached", "body_too_large", "rejected"])(
    "always says what can be done: %s",
    (code) => expect(body(refusal(code)).what_to_do).toEqual(expect.stringMatching(/[a-z]/)),
  );

  test("says how to ask where something could be approved, and else what it was given to say", () => {
    const suggestion = { host: "a.test" };
    expect(body(refusal("blocked", { suggestion }))).toMatchObject({ suggestion, how_to_ask: expect.any(String) });
    expect(body(refusal("blocked", { suggestion }))).not.toHaveProperty("what_to_do");
    expect(body(refusal("blocked", { todo: "use https://" }))).toMatchObject({ what_to_do: "use https://" });
  });

  test("of a known kind of secret names its rule, and how to ask for it", () => {
    const told = body(secretFound("github-pat", "a GitHub token", "body", "this route lets no secret out"));
    expect(told).toMatchObject({ rule: "github-pat", reason: expect.stringContaining("GitHub") });
    expect(told).toHaveProperty("how_to_ask");
  });

  test("of the canary is word for word that of any other secret of the bottle, and offers nothing", () => {
    const canary = secretFound("canary", "the bottle's canary", "body", "nobody sends it but a thief");
    const own = secretFound("own:gh_pat", "the bottle's own secret gh_pat", "body", "this route lets no secret out");
    expect(refusalBody(canary, "a.test")).toBe(refusalBody(own, "a.test"));
    expect(body(canary)).not.toHaveProperty("how_to_ask");
    expect(canary).toMatchObject({
      rule: "canary",
      reason: "the bottle's canary is in the body, and nobody sends it but a thief",
    });
  });
});
