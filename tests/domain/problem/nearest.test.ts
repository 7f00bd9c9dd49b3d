import { describe, expect, test } from "vitest";

import { nearestOf } from "#domain/problem/nearest.ts";

const KEYS = ["extends", "env", "agent_provider", "git-gate", "egress", "supervise", "backend", "resources"];

describe("nearestOf", () => {
  test.each([
    ["extend", "extends"],
    ["egres", "egress"],
    ["ergess", "egress"],
    ["git_gate", "git-gate"],
    ["GIT GATE", "git-gate"],
    ["agent-provider", "agent_provider"],
    ["superivse", "supervise"],
    ["evn", "env"],
    ["zzz", undefined],
    ["", undefined],
    ["a".repeat(100_000), undefined],
  ])("takes %j for %j", (word, expected) => {
    expect(nearestOf(word, KEYS)).toBe(expected);
  });
});
