import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { AuditFact } from "#domain/audit/entry.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { openLog } from "#lib/log-file.ts";
import { appendAudit, auditFiles, verifyAuditLog } from "#lib/store/audit-log.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { decide, setApplied } from "#lib/store/decide.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { readProposal } from "#lib/store/read-queue.ts";
import { changeRoutes, readRoutes, writeRoutes } from "#lib/store/routes-file.ts";
import { requirement } from "#tests/helpers/require.ts";
import { approval, blocked, newRoot, NOW, question } from "#tests/helpers/store.ts";

const TABLE: RouteTable = { version: 1, on_unknown_host: "block", hold_seconds: 120, hosts: {}, routes: [] };
const fact: AuditFact = { actor: "operator:ann", action: "operator-edit", component: "test", detail: "x" };

/** What is missing to mount a small disk. */
function tmpfs(): string | undefined {
  const folder = newRoot();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder]);
    return undefined;
  } catch {
    return "mounting a small tmpfs is not allowed here: run as root";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("a full disk", requirement("tmpfs", tmpfs), () => {
  let of: QueueOf;
  let fill: () => void;
  let free: () => void;

  beforeEach(async () => {
    const root = join(newRoot(), "disk");
    mkdirSync(root);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=96k", "tmpfs", root]);
    of = { root, slug: "demo-abc12" };
    await writeRoutes(of, TABLE);
    fill = () => fillUp(join(root, "filler"));
    free = () => rmSync(join(root, "filler"), { force: true });
  });

  afterEach(() => {
    execFileSync("umount", ["-l", of.root]);
  });

  const full = { code: "failed", message: expect.stringContaining("the disk is full") as string };

  test("refuses a proposal, a decision and an audit entry in one clear line, and leaves nothing of them", async () => {
    const { proposal } = await createProposal(of, question(), NOW);
    await appendAudit(of, fact, NOW);
    const before = everything(of.root);
    fill();
    await expect(createProposal(of, blocked(), NOW)).rejects.toMatchObject(full);
    await expect(decide(of, approval(proposal), NOW)).rejects.toMatchObject(full);
    await expect(appendAudit(of, fact, NOW)).rejects.toMatchObject(full);
    free();
    expect(everything(of.root)).toEqual(before);
    expect((await readProposal(of, proposal.id)).decision).toBeNull();
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 1 });
  });

  test("keeps the old table in force rather than half a new one", async () => {
    fill();
    const routes = [{ host: "a.example.com" }];
    await expect(changeRoutes(of, (table) => ({ ...table, routes }))).rejects.toMatchObject(full);
    expect((await readRoutes(of)).table).toEqual(TABLE);
    free();
    await changeRoutes(of, (table) => ({ ...table, routes }));
    expect((await readRoutes(of)).table.routes).toEqual(routes);
  });

  test("keeps a decision whose outcome it could not take", async () => {
    const { proposal } = await createProposal(of, blocked(), NOW);
    await decide(of, approval(proposal), NOW);
    fill();
    await expect(setApplied(of, proposal.id, { ok: true, detail: "live" })).rejects.toMatchObject(full);
    expect((await readProposal(of, proposal.id)).decision?.applied).toBeUndefined();
    free();
    expect((await setApplied(of, proposal.id, { ok: true, detail: "live" })).applied?.ok).toBe(true);
  });

  test("takes back the part of an audit entry that still found room", async () => {
    await appendAudit(of, fact, NOW);
    const { log } = auditFiles(of);
    // Room in the log's last page, none for a second one.
    const long = { ...fact, detail: "y".repeat(3000) };
    await appendAudit(of, long, NOW);
    const before = readFileSync(log, "utf8");
    await appendAuditInFullDisk(long);
    expect(readFileSync(log, "utf8")).toBe(before);
    free();
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 2 });
    expect((await appendAudit(of, fact, NOW)).seq).toBe(3);
  });

  test("costs a log its lines, never its writer", async () => {
    const lost: string[] = [];
    const log = openLog(join(of.root, "logs", "agent.jsonl"), "agent", (reason) => lost.push(reason));
    fill();
    for (let index = 0; index < 50; index++) log.write("z".repeat(4000), NOW);
    await log.drained();
    expect(lost.join()).toContain("ENOSPC");
    free();
    log.write("after", NOW);
    await log.close();
    const lines = readFileSync(join(of.root, "logs", "agent.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .slice(-2);
    expect(lines.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual([
      "[lines lost, which the disk did not take: 50]",
      "after",
    ]);
  });

  test("leaves no temporary file behind", async () => {
    fill();
    await expect(writeAtomic(join(of.root, "x.json"), "x".repeat(5000))).rejects.toMatchObject(full);
    expect(readdirSync(of.root)).not.toContainEqual(expect.stringMatching(/^\.tmp/));
  });

  /** The lock needs a page too: it is freed for it, and the log then finds only the rest of its own page. */
  async function appendAuditInFullDisk(entry: AuditFact): Promise<void> {
    fill();
    const filler = join(of.root, "filler");
    const text = readFileSync(filler);
    writeFileSync(filler, text.subarray(0, text.length - 4096));
    await expect(appendAudit(of, entry, NOW)).rejects.toMatchObject(full);
  }
});

function fillUp(path: string): void {
  const page = Buffer.alloc(4096);
  try {
    for (;;) appendFileSync(path, page);
  } catch {
    // full: what found room stays
  }
}

function everything(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
}
