import { describe, expect, it } from "vitest";

import type { Explanation } from "#contracts/console.ts";
import { fakeConsole } from "#tests/helpers/fake-console.ts";
import { runCli } from "#tests/helpers/command-line.ts";

const AT = "2030-01-01T11:59:00.000Z";
const SLUG = "reviewer-k3x9a";
const EXPLAINED: Explanation = {
  slug: SLUG,
  state: "waiting",
  since: AT,
  why: "approve npm install?",
  by: "screen",
  rule: "approval",
  evidence: "Run npm install?",
  confirmed_at: AT,
  words: [
    { activity: "waiting", at: AT, confirmed: AT, authority: "screen", detail: "x", rule: "approval", evidence: "y" },
    { activity: "idle", at: AT, confirmed: AT, authority: "terminal", detail: "", rule: "", evidence: "" },
  ],
  screen: {
    title: "agent",
    progress: 3,
    bottom: ["Run npm install?", "❯ 1. \u001b[31mYes"],
    rules: 4,
    matches: { state: "waiting", rule: "approval", authority: "screen", why: "", evidence: "Run npm install?" },
  },
};
const explain = async (over: Partial<Explanation> = {}) => {
  const console = fakeConsole({ explain: async () => ({ ...EXPLAINED, ...over }) });
  return (await runCli(["explain", SLUG], { console })).stdout;
};

describe("explain", () => {
  it("prints who decided, by what, what the others say, and the screen that was looked at", async () => {
    expect((await explain()).trimEnd().split("\n")).toEqual([
      `bottle       ${SLUG}`,
      "state        waiting: approve npm install?",
      `since        1m ago (${AT})`,
      "told by      what is on its screen",
      "rule         approval",
      "evidence     Run npm install?",
      `confirmed    1m ago (${AT})`,
      `by terminal  idle, 1m ago (${AT})`,
      "",
      "the screen now: waiting, by the rule approval",
      "title     agent",
      "progress  3",
      "│ Run npm install?",
      "│ ❯ 1. Yes",
      "matched: Run npm install?",
    ]);
  });

  it("says that no rule matches, and that there are none", async () => {
    const screen = { title: "", progress: null, bottom: [], rules: 4, matches: null };
    expect(await explain({ screen })).toMatch(/the screen now: none of 4 rules matches\n│ \(empty\)\n$/);
    expect(await explain({ screen: { ...screen, rules: null } })).toContain("its provider has no rules for it");
  });

  it("leaves the screen out where nothing runs", async () => {
    const stdout = await explain({
      state: "stopped",
      by: "backend",
      words: [],
      why: "",
      rule: "",
      evidence: "",
      screen: null,
    });
    expect(stdout).not.toContain("screen");
    expect(stdout).toMatch(/told by +its backend/);
  });

  it("needs a bottle", async () => {
    expect((await runCli(["explain"], { console: fakeConsole() })).code).toBe(2);
  });
});
