import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

import { bottlePaths } from "#lib/paths.ts";
import { agentStateTaker } from "#sidecars/supervise/agent-state.ts";

let root = "";
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "agent-state-test-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

it("takes ten reports a second, then refuses until the second is over", async () => {
  const take = agentStateTaker(bottlePaths(root, "demo-abcde"));
  const at = (ms: number) => take('{"state":"busy"}', new Date(1_000_000 + ms));
  const statuses = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 999, 1000].map(at));
  expect(statuses.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 204), 429, 429, 204]);
});
