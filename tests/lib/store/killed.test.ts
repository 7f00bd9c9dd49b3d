import { existsSync, readdirSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { bottlePaths } from "#lib/paths.ts";
import { appendAudit, verifyAuditLog } from "#lib/store/audit-log.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { queueFolders, type QueueOf } from "#lib/store/queue-files.ts";
import { readArchive, readQueue } from "#lib/store/read-queue.ts";
import { readRoutes, writeRoutes } from "#lib/store/routes-file.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";
import { blocked, kill, later, newQueue, NOW, printed, runModule } from "#tests/helpers/store.ts";

// Does everything that a dashboard and the sidecars write, as fast as it can, until it is killed.
const WRITER = `
  import { archive } from "#lib/store/archive.ts";
  import { appendAudit } from "#lib/store/audit-log.ts";
  import { createProposal } from "#lib/store/create-proposal.ts";
  import { decide, setApplied } from "#lib/store/decide.ts";
  import { changeRoutes } from "#lib/store/routes-file.ts";
  import { undo } from "#lib/store/undo.ts";
  const [root, slug] = process.argv.slice(-2);
  const of = { root, slug };
  const now = () => new Date();
  const fact = (detail) => ({ actor: "sidecar:test", action: "decision", component: "test", detail });
  console.log("writing");
  for (let i = 0; ; i++) {
    const draft = { kind: "egress-block", payload: { host: "h" + i + ".example.com" }, justification: "x".repeat(2000), origin: "mcp" };
    const { proposal } = await createProposal(of, draft, now());
    await createProposal(of, draft, now());
    const { id, digest } = proposal;
    await decide(of, { id, digest, status: "approved", scope: "session", notes: "", decided_by: "w" }, now());
    await appendAudit(of, fact("decided " + id), now());
    await changeRoutes(of, (table) => ({ ...table, routes: [{ host: "h" + i + ".example.com", decision: id }] }));
    await setApplied(of, id, { ok: true, detail: "live" });
    if (i % 2) await undo(of, { id, digest, notes: "", decided_by: "w" }, now());
    await archive(of, id);
  }
`;

async function check(of: QueueOf, wasCut: boolean): Promise<void> {
  const { items, problems } = await readQueue(of);
  expect(problems).toEqual([]);
  // One of ours and at most one unfinished for each round.
  expect(items.length).toBeLessThanOrEqual(25);
  for await (const item of readArchive(of)) expect(item).toHaveProperty("decision.status", "approved");
  expect((await readRoutes(of)).table.version).toBe(1);
  const verdict = await verifyAuditLog(of);
  // An append may be cut by a kill; then it is told, and everything before it is sound.
  if (!verdict.ok && !wasCut) expect(verdict.fault).toBe("cut-line");
}

describe("a writer that is killed at any moment", () => {
  test("leaves a store that can be read and written at once, and no half file under a name that counts", async () => {
    const of = newQueue();
    await writeRoutes(of, { version: 1, on_unknown_host: "block", hold_seconds: 120, hosts: {}, routes: [] });
    let wasCut = false;
    await createProposal(of, blocked(), NOW); // so that there is a folder to watch
    for (let round = 0; round < 12; round++) {
      const child = runModule(WRITER, [of.root, of.slug]);
      await printed(child, "writing");
      await someChanges(of, Math.floor(Math.random() * 120));
      await kill(child);
      await check(of, wasCut);
      wasCut ||= !(await verifyAuditLog(of)).ok;
      const start = performance.now();
      const { proposal } = await createProposal(of, blocked({ host: `after${round}.example.com` }), later(round, NOW));
      await appendAudit(
        of,
        { actor: "operator:ann", action: "operator-edit", component: "test", detail: "after" },
        NOW,
      );
      expect(performance.now() - start).toBeLessThan(2000);
      expect(existsSync(`${queueFolders(of).queue}/${proposal.id}.proposal.json`)).toBe(true);
    }
    for (const name of readdirSync(queueFolders(of).queue))
      expect(name).toMatch(/\.json$|^archive$|^\.tmp-|^\.break-|^\.lock$/);
    expect(existsSync(bottlePaths(of.root, of.slug).audit)).toBe(true);
  }, 60_000);
});

/** Returns at a random moment of the writer's own progress, not of the clock's. */
async function someChanges(of: QueueOf, count: number): Promise<void> {
  let left = count;
  await new Promise<void>((resolve) => {
    const stop = watchFolder(queueFolders(of).queue, () => {
      left -= 1;
      if (left > 0) return;
      stop();
      resolve();
    });
  });
}
