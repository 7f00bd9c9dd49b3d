import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

import { createProposal } from "#lib/store/create-proposal.ts";
import { decide } from "#lib/store/decide.ts";
import { archivedIds, readProposal } from "#lib/store/read-queue.ts";
import { tidyQueue } from "#sidecars/supervise/tidy-queue.ts";

const HOUR = 60 * 60 * 1000;
const start = new Date("2026-01-01T00:00:00Z");
let of = { root: "", slug: "demo-abcde" };
beforeEach(() => (of = { ...of, root: mkdtempSync(join(tmpdir(), "tidy-test-")) }));
afterEach(() => rmSync(of.root, { recursive: true, force: true }));

it("archives what is decided and old, keeps what waits, and loses nothing", async () => {
  const ask = async (text: string) =>
    (await createProposal(of, { kind: "question", payload: { text }, justification: "", origin: "mcp" }, start))
      .proposal;
  const [decided, waiting] = [await ask("old?"), await ask("open?")];
  const { id, digest } = decided;
  await decide(of, { id, digest, status: "rejected", scope: "once", notes: "no", decided_by: "test" }, start);

  expect(await tidyQueue(of, new Date(start.getTime() + HOUR - 1))).toEqual([]);
  expect(await tidyQueue(of, new Date(start.getTime() + 2 * HOUR))).toEqual([id]);
  expect(await archivedIds(of)).toEqual([id]);
  expect((await readProposal(of, id)).decision?.notes).toBe("no");
  expect((await readProposal(of, waiting.id)).decision).toBeNull();
});
