import { describe, expect, test } from "vitest";

import type { DlpException } from "#domain/egress/route.ts";
import {
  decideOnFindings,
  type JudgedFinding,
  type Terms,
} from "#sidecars/egress/inspection/outbound/decide-on-findings.ts";

const PRINT = "a".repeat(64);
const NOW = new Date("2026-11-20T12:00:00Z");
const finding: JudgedFinding = { rule: "github-pat", severity: "block", fingerprint: PRINT };
const exception: DlpException = { decision: "d1", host: "api.example.com", rule: "github-pat" };

function terms(mode: "supervise" | "redact" | "block" | undefined, more: Partial<Terms> = {}): Terms {
  const dlp = mode === undefined ? {} : { dlp: { outbound_on_match: mode } };
  return { host: "api.example.com", route: dlp, exceptions: [], used: new Set(), now: NOW, ...more };
}

describe("a finding that no exception covers", () => {
  test.each([
    [undefined, "hold"],
    ["supervise", "hold"],
    ["redact", "redact"],
    ["block", "block"],
  ] as const)("on a route with %s: %s", (mode, verdict) => {
    expect(decideOnFindings([finding], terms(mode))).toMatchObject({ verdict });
  });

  test("that cannot be replaced is blocked where it should be, with the reason", () => {
    const fixed = { ...finding, fixed: "it is split over several headers" };
    expect(decideOnFindings([finding, fixed], terms("redact"))).toEqual({
      verdict: "block",
      finding: fixed,
      why: "it cannot be replaced: it is split over several headers",
    });
    expect(decideOnFindings([fixed], terms("supervise"))).toEqual({ verdict: "hold", finding: fixed });
  });

  test("that is only likely is let through on every route", () => {
    const warn = { ...finding, severity: "warn" as const };
    for (const mode of ["supervise", "redact", "block"] as const)
      expect(decideOnFindings([warn], terms(mode))).toEqual({ verdict: "pass", once: [] });
  });

  test("is replaced alone: what is only likely beside it stays", () => {
    const warn = { ...finding, rule: "entropy", severity: "warn" as const };
    expect(decideOnFindings([warn, finding], terms("redact"))).toEqual({
      verdict: "redact",
      replace: [finding],
      once: [],
    });
  });
});

describe("the canary", () => {
  test.each([undefined, "supervise", "redact", "block"] as const)("is blocked on a route with %s", (mode) => {
    const canary = { ...finding, rule: "canary" };
    const allowed = { ...exception, rule: "canary" };
    expect(decideOnFindings([finding, canary], terms(mode, { exceptions: [allowed, exception] }))).toMatchObject({
      verdict: "block",
      finding: canary,
    });
  });
});

describe("an exception", () => {
  const decided = (of: Partial<DlpException>, more: Partial<Terms> = {}): string =>
    decideOnFindings([finding], terms("block", { exceptions: [{ ...exception, ...of }], ...more })).verdict;

  test.each<[string, Partial<DlpException>, string]>([
    ["for the rule and host", {}, "pass"],
    ["for another rule", { rule: "aws-access-key" }, "block"],
    ["for another host", { host: "example.com" }, "block"],
    ["for hosts below", { host: "*.example.com" }, "pass"],
    ["for hosts below this one", { host: "*.api.example.com" }, "block"],
    ["for this value", { fingerprint: PRINT }, "pass"],
    ["for another value", { fingerprint: "b".repeat(64) }, "block"],
    ["that has not run out", { expires_at: "2026-11-20T12:00:01Z" }, "pass"],
    ["that has run out", { expires_at: "2026-11-20T12:00:00Z" }, "block"],
    ["for one request", { once: true }, "pass"],
  ])("%s", (_name, of, verdict) => {
    expect(decided(of)).toBe(verdict);
  });

  test("for one request is used up", () => {
    expect(decided({ once: true }, { used: new Set(["d1"]) })).toBe("block");
    expect(decided({}, { used: new Set(["d1"]) })).toBe("pass");
    const exceptions = [{ ...exception, once: true }];
    expect(decideOnFindings([finding], terms("block", { exceptions }))).toEqual({ verdict: "pass", once: ["d1"] });
  });

  test("that lasts is used before one for one request", () => {
    const exceptions = [
      { ...exception, once: true },
      { ...exception, decision: "d2" },
    ];
    expect(decideOnFindings([finding], terms("block", { exceptions }))).toEqual({ verdict: "pass", once: [] });
  });

  test("for one of two findings leaves the other to the route", () => {
    const other = { ...finding, rule: "aws-access-key" };
    expect(decideOnFindings([finding, other], terms("supervise", { exceptions: [exception] }))).toEqual({
      verdict: "hold",
      finding: other,
    });
    const once = [{ ...exception, once: true }];
    expect(decideOnFindings([finding, other], terms("redact", { exceptions: once }))).toEqual({
      verdict: "redact",
      replace: [other],
      once: ["d1"],
    });
  });
});
