import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  credentialMark,
  credentialStanding,
  credentialWords,
  launchWarning,
  untilStandingChanges,
} from "#domain/fleet/credential-words.ts";

const NOW = Date.parse("2030-01-01T12:00:00.000Z");
const MINUTE = 60_000;
const credential = (left: number) => ({
  source: "/home/me/.codex/auth.json",
  expires_at: new Date(NOW + left).toISOString(),
  renew: "run `codex login --device-auth`",
});
const standing = (left: number) => credentialStanding(credential(left), new Date(NOW));

describe("a credential", () => {
  test("is fine until its last hour, then expires soon, then has expired", () => {
    expect(standing(60 * MINUTE + 1)).toEqual({ kind: "fine" });
    expect(standing(60 * MINUTE)).toEqual({ kind: "soon", minutes: 60 });
    expect(standing(1)).toEqual({ kind: "soon", minutes: 1 });
    expect(standing(0)).toEqual({ kind: "expired" });
    expect(standing(-9e12)).toEqual({ kind: "expired" });
  });

  test("is not spoken of while it is fine, nor when nothing is known of it", () => {
    expect(credentialMark(undefined, new Date(NOW))).toBeUndefined();
    expect(credentialMark(credential(61 * MINUTE), new Date(NOW))).toBeUndefined();
    expect(credentialMark(credential(12 * MINUTE), new Date(NOW))).toBe("credential expires in 12 min");
    expect(credentialMark(credential(-1), new Date(NOW))).toBe("credential expired");
  });

  test("says how to renew it once that matters", () => {
    const words = (left: number) => credentialWords(credential(left), new Date(NOW));
    expect(words(90 * MINUTE)).toBe("/home/me/.codex/auth.json, good until 2030-01-01T13:30:00.000Z");
    expect(words(5 * MINUTE)).toBe("/home/me/.codex/auth.json expires in 5 min; run `codex login --device-auth`");
    expect(words(-5 * MINUTE)).toBe(
      "/home/me/.codex/auth.json expired at 2030-01-01T11:55:00.000Z; run `codex login --device-auth`",
    );
  });

  test("is a warning of a launch in its last ten minutes", () => {
    expect(launchWarning(credential(10 * MINUTE + 1), new Date(NOW))).toBeUndefined();
    expect(launchWarning(credential(10 * MINUTE), new Date(NOW))).toContain("expires in 10 min");
    expect(launchWarning(credential(-1), new Date(NOW))).toContain("expired");
  });

  test("changes its standing when it is said to, and not before", () => {
    fc.assert(
      fc.property(fc.integer({ min: -200 * MINUTE, max: 200 * MINUTE }), (left) => {
        const wait = untilStandingChanges(credential(left), NOW);
        const kind = (after: number) => credentialStanding(credential(left), new Date(NOW + after)).kind;
        const [before, after] = wait === undefined ? [kind(1e12), "none"] : [kind(wait - 1), kind(wait)];
        expect(before).toBe(kind(0));
        expect(after).not.toBe(kind(0));
        expect(wait === undefined).toBe(kind(0) === "expired");
      }),
    );
  });
});
