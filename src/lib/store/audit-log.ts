// Appends to a bottle's audit log, one chain whoever writes, and reads it back.
//
// An entry is on the disk (fsync) before the head file says so. What a crash or a hand may leave is never smoothed over:
//   a cut last line    stays, the next entry begins on a new line, and verify reports the cut one from then on;
//   a cut-off tail     the next entry takes the number after the head's, and verify reports the missing ones;
//   a lost head        the chain goes on from the last line, after an `audit-damaged` entry that says so.
// A full disk takes back what it wrote of a line and throws.

import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";

import { type ChainEnd, nextEntry } from "#domain/audit/chain.ts";
import { type AuditEntry, type AuditFact, AuditHead } from "#domain/audit/entry.ts";
import { type AuditVerdict, verifyAudit } from "#domain/audit/verify.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { isErrno, writeAtomic } from "#lib/atomic-file.ts";
import { sha256 } from "#lib/hash.ts";
import { bottlePaths } from "#lib/paths.ts";

import { findEnd, parseEntry } from "./audit-end.ts";
import { withLock } from "./lock.ts";
import type { QueueOf } from "./queue-files.ts";
import { readChecked } from "./read-checked.ts";

/** Resolves when the entry is on the disk. Calls that come while one writes share one write. Throws `failed` (a full disk). */
export function appendAudit(of: QueueOf, fact: AuditFact, now: Date = new Date()): Promise<AuditEntry> {
  const { log } = auditFiles(of);
  const batch = batches.get(log);
  return new Promise((resolve, reject) => {
    const waiting = { fact, now, resolve, reject };
    if (batch !== undefined) batch.push(waiting);
    else {
      batches.set(log, [waiting]);
      void drain(of, log);
    }
  });
}

interface Waiting {
  readonly fact: AuditFact;
  readonly now: Date;
  readonly resolve: (entry: AuditEntry) => void;
  readonly reject: (error: unknown) => void;
}
const batches = new Map<string, Waiting[]>();

async function drain(of: QueueOf, log: string): Promise<void> {
  for (let batch = batches.get(log) ?? []; batch.length > 0; batch = batches.get(log) ?? []) {
    batches.set(log, []);
    try {
      const entries = await appendAll(of, batch);
      for (const [index, { resolve }] of batch.entries()) resolve(entries[index]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
  batches.delete(log);
}

/** Whether the log is whole. A bottle without a log has a whole, empty one. */
export async function verifyAuditLog(of: QueueOf): Promise<AuditVerdict> {
  const files = auditFiles(of);
  return underLock(files, async () => {
    const head = await readChecked(files.head, AuditHead);
    return verifyAudit(await readText(files.log), head.state === "ok" ? head.value : undefined, of.slug, sha256);
  });
}

/** The entries that can be read, oldest first; whether all is well is verifyAuditLog's to say. */
export async function readAuditLog(of: QueueOf): Promise<AuditEntry[]> {
  const text = await readText(auditFiles(of).log);
  return text.split("\n").flatMap((line) => parseEntry(line) ?? []);
}

interface AuditFiles {
  readonly log: string;
  readonly head: string;
  readonly lock: string;
}

/** Throws `invalid` when the slug is none. */
export function auditFiles({ root, slug }: QueueOf): AuditFiles {
  const log = bottlePaths(root, slug).audit;
  const folder = dirname(log);
  return { log, head: join(folder, `${slug}.head.json`), lock: join(folder, `.${slug}.lock`) };
}

async function underLock<T>(files: AuditFiles, task: () => Promise<T>): Promise<T> {
  await mkdir(dirname(files.log), { recursive: true, mode: 0o700 });
  return withLock(files.lock, task);
}

async function appendAll(of: QueueOf, batch: readonly Pick<Waiting, "fact" | "now">[]): Promise<AuditEntry[]> {
  const files = auditFiles(of);
  return underLock(files, async () => {
    const file = await openLog(files.log);
    try {
      const end = await findEnd(file, files.head);
      if (end.seq === 0) await writeHead(files.head, end, end.size); // from now on a missing head is a lost one
      const entries: AuditEntry[] = [];
      let last: ChainEnd = end;
      const add = (fact: AuditFact, now: Date): AuditEntry => {
        const entry = nextEntry(last, of.slug, fact, now, sha256);
        last = entry;
        entries.push(entry);
        return entry;
      };
      if (end.damage !== undefined) add(damaged(end.damage), batch[0]!.now);
      const asked = batch.map(({ fact, now }) => add(fact, now));
      const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
      await write(file, files.log, end.cut ? `\n${text}` : text, end.size);
      const { size } = await file.stat();
      await writeHead(files.head, last, size);
      return asked;
    } finally {
      await file.close();
    }
  });
}

async function openLog(path: string): Promise<FileHandle> {
  try {
    return await open(path, "a+", 0o600);
  } catch (cause) {
    throw writeError(path, cause);
  }
}

async function writeHead(path: string, { seq, hash }: ChainEnd, bytes: number): Promise<void> {
  await writeAtomic(path, `${JSON.stringify({ seq, hash, bytes })}\n`);
}

async function write(file: FileHandle, path: string, text: string, sizeBefore: number): Promise<void> {
  try {
    await file.appendFile(text);
    await file.sync();
  } catch (cause) {
    await file.truncate(sizeBefore).catch(() => {}); // then verify tells of the cut line
    throw writeError(path, cause);
  }
}

function writeError(path: string, cause: unknown): BottleError {
  if (isErrno(cause, "ENOSPC") || isErrno(cause, "EDQUOT")) {
    const hint = "free some space and try again";
    return new BottleError("failed", "the disk is full; the entry was not written", { where: path, hint, cause });
  }
  return new BottleError("failed", `cannot be written (${cause instanceof Error ? cause.message : String(cause)})`, {
    where: path,
    cause,
  });
}

function damaged(what: string): AuditFact {
  return {
    actor: "sidecar:audit",
    action: "audit-damaged",
    component: "audit",
    detail: `${what} before this entry; run \`bottle-dash audit verify\``,
  };
}

async function readText(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}
