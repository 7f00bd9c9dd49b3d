import { describe, expect, test } from "vitest";

import { describeProposal, describeRule, ruleDiff } from "#domain/proposal/describe.ts";
import type { EgressBlockPayload, Proposal } from "#domain/proposal/proposal.ts";

const asProposal = (payload: object, more: object = {}): Proposal =>
  ({
    version: 1,
    id: "0123456789-abc",
    bottle_slug: "demo-1",
    created_at: "",
    digest: "",
    justification: "TRUST ME",
    origin: "mcp",
    kind: "egress-block",
    payload,
    ...more,
  }) as Proposal;

describe("a rule in words", () => {
  test.each<[EgressBlockPayload, string]>([
    [{ host: "api.example.com" }, "every method on https://api.example.com:443, any path"],
    [{ host: "api.example.com", port: 8443, methods: ["GET"] }, "GET on https://api.example.com:8443, any path"],
    [
      { host: "x.io", methods: ["GET", "HEAD", "POST"], path_allowlist: ["/a/"] },
      "GET, HEAD and POST on https://x.io:443, only below /a/",
    ],
    [
      { host: "x.io", methods: ["GET", "POST"], path_allowlist: ["/a/", "/b/", "/c/"] },
      "GET and POST on https://x.io:443, only below /a/, /b/ or /c/",
    ],
    [{ host: "*.x.io" }, "every method on https://*.x.io (every name below x.io):443, any path"],
    [
      { host: "x.io", auth: { scheme: "Bearer", token_ref: "GH_PAT" } },
      "every method on https://x.io:443, any path, with the credential GH_PAT",
    ],
  ])("%j", (rule, words) => {
    expect(describeRule(rule)).toBe(words);
  });

  test("says where a credential would go, and what request was held or refused", () => {
    const payload = {
      host: "x.io",
      auth: { scheme: "token", token_ref: "GH_PAT" },
      method: "GET",
      path: "/a\u001b[2J?b=1",
    };
    expect(describeProposal(asProposal(payload, { origin: "held-request" })).meaning).toEqual([
      "Would allow every method on https://x.io:443, any path, with the credential GH_PAT.",
      "Requests to x.io would carry your GH_PAT (token); the agent does not see it.",
      "GET /a?b=1 is held until you decide.",
    ]);
    expect(
      describeProposal(asProposal({ host: "x.io", method: "GET", path: "/" }, { origin: "blocked-request" })).meaning,
    ).toContain("GET / was refused.");
  });

  test("never says a word of the agent's own", () => {
    expect(JSON.stringify(describeProposal(asProposal({ host: "x.io" })))).not.toContain("TRUST ME");
  });

  test("is shown as the lines that the table would get", () => {
    const rule = {
      host: "x.io",
      port: 8443,
      methods: ["GET"],
      path_allowlist: ["/a/"],
      auth: { scheme: "Bearer", token_ref: "X" },
    };
    expect(ruleDiff(rule)).toEqual([
      "+ - host: x.io",
      "+   port: 8443",
      "+   methods: [GET]",
      "+   path_allowlist: [/a/]",
      "+   auth: {scheme: Bearer, token_ref: X}",
    ]);
    expect(ruleDiff({ host: "x.io", port: 443 })).toEqual(["+ - host: x.io"]);
  });
});

describe("a question in words", () => {
  test.each([
    ["Which branch?", "Which branch?"],
    ["\n\n  Which branch?\nI have two.", "Which branch? …"],
    ["\u001b[31mWhich?\u0007", "Which?"],
  ])("%j is %j in a list", (text, title) => {
    expect(describeProposal(asProposal({ text }, { kind: "question" })).title).toBe(title);
  });
});
