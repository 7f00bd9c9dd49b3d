import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { AgentReport } from "#domain/fleet/agent-report.ts";
import { bottlePaths } from "#lib/paths.ts";
import { agentStateTaker } from "#sidecars/supervise/agent-state.ts";

let root = "";
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "agent-state-test-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function setting() {
  const paths = bottlePaths(root, "demo-abcde");
  const take = agentStateTaker(paths, (text) => text.replaceAll("s3cret-value", "[redacted S]"));
  return {
    at: (ms: number, detail = "") => take(JSON.stringify({ state: "busy", detail }), new Date(1_000_000 + ms)),
    idle: (ms: number) => take(JSON.stringify({ state: "idle" }), new Date(1_000_000 + ms)),
    kept: () => AgentReport.parse(JSON.parse(readFileSync(paths.agent.state, "utf8"))),
  };
}

const iso = (ms: number): string => new Date(1_000_000 + ms).toISOString();

it("takes ten reports a second at once; more wait until the second is over", async () => {
  const { at } = setting();
  const statuses = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 999, 1000].map((ms) => at(ms)));
  expect(statuses.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 204), 202, 202, 204]);
});

it("loses nothing but what was overtaken: the last of a burst is kept", async () => {
  const { at, kept } = setting();
  await Promise.all(Array.from({ length: 30 }, (_, index) => at(990, `report ${index}`)));
  await vi.waitFor(() => expect(kept().detail).toBe("report 29"), { timeout: 5000 });
});

it("does not write a waiting report over one that came after it", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  try {
    const { at, kept } = setting();
    await Promise.all(Array.from({ length: 11 }, (_, index) => at(0, `old ${index}`)));
    await at(1000, "new");
    await vi.advanceTimersByTimeAsync(2000);
    expect(kept().detail).toBe("new");
  } finally {
    vi.useRealTimers();
  }
});

it("keeps since when a state is said, however often it is repeated", async () => {
  const { at, kept, idle } = setting();
  await at(0, "first");
  await at(20_000, "second");
  expect(kept()).toMatchObject({ detail: "second", at: iso(20_000), since: iso(0) });
  await idle(21_000);
  expect(kept()).toMatchObject({ state: "idle", since: iso(21_000) });
  await at(22_000);
  expect(kept()).toMatchObject({ state: "busy", since: iso(22_000) });
});

it("keeps a detail without the bottle's secrets", async () => {
  const { at, kept } = setting();
  await at(0, "curl -H 's3cret-value'");
  expect(kept().detail).toBe("curl -H '[redacted S]'");
  await at(2000, "s3cr\u200bet-\u001b[1mvalue");
  expect(kept().detail).toBe("[redacted S]");
});
