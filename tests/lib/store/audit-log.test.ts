import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

import { describe, expect, test } from "vitest";

import type { AuditFact } from "#domain/audit/entry.ts";
import { appendAudit, auditFiles, readAuditLog, verifyAuditLog } from "#lib/store/audit-log.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { later, newQueue, NOW, outputOf, runModule } from "#tests/helpers/store.ts";

const fact = (detail: string): AuditFact => ({
  actor: "operator:ann",
  action: "operator-edit",
  component: "test",
  detail,
});

async function logOf(count: number): Promise<QueueOf> {
  const of = newQueue();
  for (let index = 1; index <= count; index++) await appendAudit(of, fact(`entry ${index}`), later(index));
  return of;
}

const linesOf = (of: QueueOf): string[] => readFileSync(auditFiles(of).log, "utf8").split("\n");

describe("the audit log", () => {
  test("is a chain from 64 zeros, one entry a line, private", async () => {
    const of = await logOf(3);
    const entries = await readAuditLog(of);
    expect(entries.map(({ seq, detail }) => [seq, detail])).toEqual([
      [1, "entry 1"],
      [2, "entry 2"],
      [3, "entry 3"],
    ]);
    expect(entries[0]?.prev).toBe("0".repeat(64));
    expect(entries[2]?.prev).toBe(entries[1]?.hash);
    expect(statSync(auditFiles(of).log).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(auditFiles(of).log)).mode & 0o777).toBe(0o700);
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 3 });
  });

  test("of a bottle that has none is whole", async () => {
    expect(await verifyAuditLog(newQueue())).toEqual({ ok: true, entries: 0 });
  });

  test("keeps the order of calls that do not wait for one another", async () => {
    const of = newQueue();
    const entries = await Promise.all(Array.from({ length: 50 }, (_, index) => appendAudit(of, fact(`${index}`), NOW)));
    expect(entries.map(({ seq, detail }) => `${seq} ${detail}`)).toEqual(
      Array.from({ length: 50 }, (_, index) => `${index + 1} ${index}`),
    );
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 50 });
  });

  test("stays one chain when several processes append at once", async () => {
    const of = newQueue();
    const source = `
      import { appendAudit } from "#lib/store/audit-log.ts";
      const [root, slug] = process.argv.slice(-2);
      for (let i = 0; i < 20; i++) await appendAudit({ root, slug }, { actor: "sidecar:" + process.pid, action: "request-blocked", component: "egress", detail: String(i) }, new Date());
    `;
    await Promise.all(Array.from({ length: 3 }, () => outputOf(runModule(source, [of.root, of.slug]))));
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 60 });
  }, 30_000);

  test("goes on after a writer that died between entry and head, and finds nothing wrong", async () => {
    const of = await logOf(2);
    const head = readFileSync(auditFiles(of).head);
    await appendAudit(of, fact("entry 3"), NOW);
    writeFileSync(auditFiles(of).head, head);
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 3 });
    expect((await appendAudit(of, fact("entry 4"), NOW)).seq).toBe(4);
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 4 });
  });

  test("goes on after the very first writer, of several entries, died before it wrote the head", async () => {
    const of = newQueue();
    let head = "";
    const first = appendAudit(of, fact("entry 1"), NOW).then(() => (head = readFileSync(auditFiles(of).head, "utf8")));
    await Promise.all([first, appendAudit(of, fact("entry 2"), NOW), appendAudit(of, fact("entry 3"), NOW)]);
    writeFileSync(auditFiles(of).head, head);
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 3 });
    expect((await appendAudit(of, fact("entry 4"), NOW)).seq).toBe(4);
    writeFileSync(auditFiles(of).head, JSON.stringify({ seq: 0, hash: "0".repeat(64), bytes: 0 }));
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 4 });
    expect((await appendAudit(of, fact("entry 5"), NOW)).seq).toBe(5);
  });

  test("never hides a line that a crash cut: it stays, is reported, and the chain goes on after it", async () => {
    const of = await logOf(2);
    appendFileSync(auditFiles(of).log, '{"seq":3,"at":"2026-');
    expect(await verifyAuditLog(of)).toMatchObject({ ok: false, entries: 2, fault: "cut-line", line: 3 });
    const entry = await appendAudit(of, fact("after"), NOW);
    expect(entry.seq).toBe(4);
    expect(linesOf(of)[2]).toBe('{"seq":3,"at":"2026-');
    expect((await readAuditLog(of)).map(({ action, detail }) => [action, detail]).slice(2)).toEqual([
      ["audit-damaged", "the last line was cut before this entry; run `bottle-dash audit verify`"],
      ["operator-edit", "after"],
    ]);
    expect(await verifyAuditLog(of)).toMatchObject({ ok: false, entries: 2, fault: "bad-json", line: 3 });
  });

  test("misses lines that were cut off its end, also after more was written", async () => {
    const of = await logOf(4);
    const { log } = auditFiles(of);
    writeFileSync(log, linesOf(of).slice(0, 2).join("\n") + "\n");
    expect(await verifyAuditLog(of)).toMatchObject({
      ok: false,
      entries: 2,
      fault: "truncated-tail",
      detail: "ends at seq 2, but seq 4 was written",
    });
    await appendAudit(of, fact("after"), NOW);
    expect(await verifyAuditLog(of)).toMatchObject({
      ok: false,
      entries: 2,
      fault: "missing-seq",
      line: 3,
      detail: "seq 3 to 4 are missing",
    });
  });

  test("misses everything when it was emptied or removed", async () => {
    const of = await logOf(2);
    truncateSync(auditFiles(of).log);
    expect(await verifyAuditLog(of)).toMatchObject({ ok: false, fault: "truncated-tail" });
    rmSync(auditFiles(of).log);
    expect(await verifyAuditLog(of)).toMatchObject({ ok: false, fault: "truncated-tail" });
    await appendAudit(of, fact("after"), NOW);
    expect(await verifyAuditLog(of)).toMatchObject({ ok: false, entries: 0, fault: "missing-seq", line: 1 });
  });

  test.each([
    ["is lost", (head: string) => rmSync(head)],
    ["cannot be read", (head: string) => writeFileSync(head, "{")],
    [
      "names another entry",
      (head: string) => writeFileSync(head, JSON.stringify({ seq: 2, hash: "a".repeat(64), bytes: 9 })),
    ],
  ])("says that its head %s, and leaves an entry about it", async (_name, damage) => {
    const of = await logOf(3);
    damage(auditFiles(of).head);
    expect(await verifyAuditLog(of)).toMatchObject({ ok: false, entries: 3 });
    await appendAudit(of, fact("entry 4"), NOW);
    expect((await readAuditLog(of)).map(({ action }) => action)).toEqual([
      "operator-edit",
      "operator-edit",
      "operator-edit",
      "audit-damaged",
      "operator-edit",
    ]);
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 5 });
  });

  test("reads only the end of a long log to append to it", async () => {
    const of = await logOf(1);
    const { log, head } = auditFiles(of);
    const long = "x".repeat(1000);
    for (let index = 0; index < 400; index++) await appendAudit(of, fact(`${index} ${long}`), NOW);
    rmSync(head);
    expect((await appendAudit(of, fact("last"), NOW)).seq).toBe(403);
    expect(statSync(log).size).toBeGreaterThan(400_000);
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 403 });
  });

  test.each(["../evil", "a/b", "..", ""])("makes no path of the slug %j", async (slug) => {
    const { root } = newQueue();
    expect(() => auditFiles({ root, slug })).toThrow(/not a slug/);
    expect(existsSync(`${root}/audit`)).toBe(false);
  });

  test("says where it cannot be written", async () => {
    const of = newQueue();
    mkdirSync(auditFiles(of).log, { recursive: true });
    await expect(appendAudit(of, fact("x"), NOW)).rejects.toMatchObject({ code: "failed", where: auditFiles(of).log });
  });
});
