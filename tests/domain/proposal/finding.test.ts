// Proposals about findings: in words, with their warnings, folded, and as exceptions of the table.

import { describe, expect, test } from "vitest";

import type { RouteTable } from "#domain/egress/route.ts";
import {
  exceptionOf,
  type FindingProposal,
  withException,
  withoutDecision,
} from "#domain/proposal/approved-exception.ts";
import { answerText } from "#domain/proposal/answer.ts";
import { describeProposal } from "#domain/proposal/describe.ts";
import { plainProposal } from "#domain/proposal/plain.ts";
import { type DlpMatchPayload, foldKey } from "#domain/proposal/proposal.ts";
import { editText, validateEdit } from "#domain/proposal/validate-edit.ts";
import { warningsOf } from "#domain/proposal/warnings.ts";

const NOW = new Date("2026-11-20T12:00:00.000Z");
const NOTHING_KNOWN = { knownHosts: [], credentialHosts: [] };
const common = {
  version: 1,
  id: "0001abcd-x",
  bottle_slug: "demo-abc12",
  created_at: NOW.toISOString(),
  digest: `sha256:${"0".repeat(64)}`,
  justification: "TRUST ME",
} as const;

function value(over: Partial<DlpMatchPayload> = {}): FindingProposal {
  const payload = {
    host: "api.example.com",
    method: "POST",
    path: "/issues",
    rule: "github-pat",
    where: "body, JSON string",
    excerpt: '"note":"****"',
    fingerprint: "ab".repeat(32),
    ...over,
  };
  return { ...common, kind: "dlp-match", origin: "held-request", payload };
}

const wholeRule = (finding = "github-pat"): FindingProposal => ({
  ...common,
  kind: "pipelock-block",
  origin: "mcp",
  payload: { host: "api.example.com", finding },
});

describe("a finding in words", () => {
  test("says which value goes where, and that the request waits; nothing of the agent's own words", () => {
    expect(describeProposal(value())).toEqual({
      title: "github-pat to api.example.com, in body, JSON string",
      meaning: [
        "Would let this one value, which github-pat found, leave for api.example.com.",
        "POST /issues is held until you decide: it stands in body, JSON string.",
        'Around it: "note":"****"',
      ],
      diff: ["+ - host: api.example.com", "+   rule: github-pat", `+   fingerprint: ${"ab".repeat(32)}`],
    });
  });

  test("says that a rule lets every value pass", () => {
    expect(describeProposal(wholeRule())).toEqual({
      title: "github-pat on api.example.com, every value",
      meaning: [
        "Would let every value that github-pat finds pass on api.example.com, not only the one that was found.",
      ],
      diff: ["+ - host: api.example.com", "+   rule: github-pat"],
    });
  });

  test("has nothing that a terminal obeys", () => {
    const hostile = "\u001b[2J\u202egone";
    const { title, meaning } = describeProposal(
      plainProposal(value({ path: `/${hostile}`, where: hostile, excerpt: hostile })),
    );
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect([title, ...meaning].join("\n")).not.toMatch(/[\u001b\u202e]/);
  });

  test("is dangerous, and most where it is the bottle's own secret", () => {
    const codes = (proposal: FindingProposal): string[] => warningsOf(proposal, NOTHING_KNOWN).map(({ code }) => code);
    expect(codes(value())).toEqual(["secret-leaves"]);
    expect(codes(value({ rule: "own:db_password" }))).toEqual(["own-secret", "secret-leaves"]);
    expect(codes(wholeRule())).toEqual(["every-value"]);
    expect(codes(wholeRule("canary"))).toEqual(["own-secret", "every-value"]);
    expect(warningsOf(value({ rule: "own:db_password" }), NOTHING_KNOWN)[0]).toEqual({
      code: "own-secret",
      severity: "danger",
      text: "It is a secret of this bottle's own (db_password), on its way to api.example.com.",
    });
  });

  test("cannot be edited", () => {
    for (const proposal of [value(), wholeRule()]) {
      expect(editText(proposal)).toContain("there is nothing to change in it");
      expect(validateEdit(proposal.kind, editText(proposal))).toMatchObject({ ok: false });
    }
  });

  test("is answered to the agent like a rule", () => {
    const decision = {
      version: 1 as const,
      id: common.id,
      digest: common.digest,
      status: "approved" as const,
      scope: "once" as const,
      notes: "",
      decided_by: "ann@desk (1)",
      decided_at: NOW.toISOString(),
      applied: { ok: true, detail: "live" },
    };
    expect(answerText({ proposal: value(), seen: null, decision, undo: null }, NOW)).toBe(
      "status: approved\nlive: yes\nscope: the next matching request\nnotes: none",
    );
  });
});

test("findings fold by host, rule and value; a whole rule by host and rule", () => {
  const again = value({ path: "/other", method: "PUT", where: "query" });
  expect(foldKey(again)).toBe(foldKey(value()));
  expect(foldKey(value({ fingerprint: "cd".repeat(32) }))).not.toBe(foldKey(value()));
  expect(foldKey(wholeRule())).not.toBe(foldKey(wholeRule("jwt")));
});

describe("the exception that an approval makes", () => {
  const table: RouteTable = { version: 1, on_unknown_host: "block", hold_seconds: 1, hosts: {}, routes: [] };
  const decision = { id: common.id, scope: "once", expires_at: "2026-11-20T12:10:00.000Z" } as const;

  test("names the decision, the host, the rule and, where there is one, the value", () => {
    expect(exceptionOf(value({ host: "API.example.com." }), decision)).toEqual({
      decision: common.id,
      host: "api.example.com",
      rule: "github-pat",
      fingerprint: "ab".repeat(32),
      once: true,
      expires_at: "2026-11-20T12:10:00.000Z",
    });
    expect(exceptionOf(wholeRule(), { id: common.id, scope: "session" })).toEqual({
      decision: common.id,
      host: "api.example.com",
      rule: "github-pat",
    });
  });

  test("is added once, and taken out without a trace", () => {
    const exception = exceptionOf(value(), decision);
    const grown = withException(table, exception);
    expect(grown.dlp_exceptions).toEqual([exception]);
    expect(withException(grown, exception)).toBe(grown);
    expect(withoutDecision(grown, common.id)).toEqual(table);
    expect(withoutDecision(table, common.id)).toBe(table);
  });
});
