// Appends to a bottle's audit log, one chain whoever writes, and reads it back.
//
// An entry is on the disk (fsync) before the head file says so. What a crash or a hand may leave is never smoothed over:
//   a cut last line    stays, the next entry begins on a new line, and verify reports the cut one from then on;
//   a cut-off tail     the next entry takes the number after the head's, and verify reports the missing ones;
//   a lost head        the chain goes on from the last line, after an `audit-damaged` entry that says so.
// A full disk takes back what it wrote of a line and throws.

import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";

import { CHAIN_START, type ChainEnd, nextEntry } from "#domain/audit/chain.ts";
import { AuditEntry, type AuditFact, AuditHead } from "#domain/audit/entry.ts";
import { type AuditVerdict, verifyAudit } from "#domain/audit/verify.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { isErrno, writeAtomic } from "#lib/atomic-file.ts";
import { sha256 } from "#lib/hash.ts";
import { bottlePaths } from "#lib/paths.ts";

import { withLock } from "./lock.ts";
import type { QueueOf } from "./queue-files.ts";
import { readChecked } from "./read-checked.ts";

const TAIL_BYTES = 262_144;

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
    const file = await open(files.log, "a+", 0o600);
    try {
      const end = await findEnd(file, files);
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
      await writeAtomic(files.head, `${JSON.stringify({ seq: last.seq, hash: last.hash, bytes: size })}\n`);
      return asked;
    } finally {
      await file.close();
    }
  });
}

interface LogEnd extends ChainEnd {
  readonly size: number;
  /** The last line has no newline. */
  readonly cut: boolean;
  /** One clause: what is wrong with the log as it was found. */
  readonly damage: string | undefined;
}

async function findEnd(file: FileHandle, files: AuditFiles): Promise<LogEnd> {
  const { size } = await file.stat();
  const checked = await readChecked(files.head, AuditHead);
  const head = checked.state === "ok" ? checked.value : undefined;
  if (head?.bytes === size) return { seq: head.seq, hash: head.hash, size, cut: false, damage: undefined };
  const known: ChainEnd = head ?? CHAIN_START;
  const { last, cut } = await readTail(file, size);
  const base = { size, cut };
  if (cut) return { ...base, ...later(known, last), damage: "the last line was cut" };
  if (last === undefined && size === 0 && head === undefined) return { ...base, ...CHAIN_START, damage: undefined };
  if (last === undefined) return { ...base, seq: known.seq, hash: known.hash, damage: "the end of the log was lost" };
  if (last.seq === known.seq + 1 && last.prev === known.hash) return { ...base, seq: last.seq, hash: last.hash, damage: undefined };
  const damage = last.seq < known.seq ? "the end of the log was cut off" : "the head of the log was lost or wrong";
  return { ...base, ...later(known, last), damage };
}

function later(head: ChainEnd, last: AuditEntry | undefined): ChainEnd {
  const end = last === undefined || head.seq > last.seq ? head : last;
  return { seq: end.seq, hash: end.hash };
}

/** The last whole line that is an entry, and whether something without an end follows the last newline. */
async function readTail(file: FileHandle, size: number): Promise<{ last: AuditEntry | undefined; cut: boolean }> {
  const from = Math.max(0, size - TAIL_BYTES);
  const buffer = Buffer.alloc(size - from);
  await file.read(buffer, 0, buffer.length, from);
  const lines = buffer.toString("utf8").split("\n");
  const rest = lines.pop() ?? "";
  for (const line of lines.toReversed()) {
    const entry = parseEntry(line);
    if (entry !== undefined) return { last: entry, cut: rest !== "" };
  }
  return { last: undefined, cut: rest !== "" };
}

async function write(file: FileHandle, path: string, text: string, sizeBefore: number): Promise<void> {
  try {
    await file.appendFile(text);
    await file.sync();
  } catch (cause) {
    await file.truncate(sizeBefore).catch(() => {}); // then verify tells of the cut line
    const full = isErrno(cause, "ENOSPC") || isErrno(cause, "EDQUOT");
    throw new BottleError("failed", full ? "the disk is full; the entry was not written" : "cannot be written", {
      where: path,
      ...(full ? { hint: "free some space and try again" } : {}),
      cause,
    });
  }
}

function damaged(what: string): AuditFact {
  return {
    actor: "sidecar:audit",
    action: "audit-damaged",
    component: "audit",
    detail: `${what} before this entry; run \`bottle-dash audit verify\``,
  };
}

function parseEntry(line: string): AuditEntry | undefined {
  try {
    return AuditEntry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
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
