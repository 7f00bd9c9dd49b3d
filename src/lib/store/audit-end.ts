// Where an audit log ends, as its file and its head have it, without reading the whole of a long one.

import type { FileHandle } from "node:fs/promises";

import { CHAIN_START, type ChainEnd } from "#domain/audit/chain.ts";
import { AuditEntry, AuditHead } from "#domain/audit/entry.ts";

import { readChecked } from "./read-checked.ts";

const TAIL_BYTES = 262_144;

export interface LogEnd extends ChainEnd {
  readonly size: number;
  /** The last line has no newline. */
  readonly cut: boolean;
  /** One clause: what is wrong with the log as it was found. */
  readonly damage: string | undefined;
}

/** For one who holds the log's lock. The later of file and head: what is missing between them stays missing. */
export async function findEnd(file: FileHandle, headPath: string): Promise<LogEnd> {
  const { size } = await file.stat();
  const checked = await readChecked(headPath, AuditHead);
  const head = checked.state === "ok" ? checked.value : undefined;
  if (head?.bytes === size) return { seq: head.seq, hash: head.hash, size, cut: false, damage: undefined };
  const { entries, cut } = await readTail(file, size);
  const last: ChainEnd = entries.at(-1) ?? CHAIN_START;
  const { seq, hash } = head !== undefined && head.seq > last.seq ? head : last;
  return { seq, hash, size, cut, damage: cut ? "the last line was cut" : damageOf(entries, head, size) };
}

export function parseEntry(line: string): AuditEntry | undefined {
  try {
    return AuditEntry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function damageOf(entries: readonly AuditEntry[], head: AuditHead | undefined, size: number): string | undefined {
  const last = entries.at(-1);
  if (head === undefined) return size === 0 ? undefined : "the head of the log was lost";
  if (last === undefined || last.seq < head.seq) return "the end of the log was cut off";
  // A writer that died before it wrote the head leaves it at the entry before its own.
  const next = entries.find(({ seq }) => seq === head.seq + 1);
  return next?.prev === head.hash ? undefined : "the head of the log was wrong";
}

/** The whole lines at the end that are entries, and whether something without an end follows the last newline. */
async function readTail(file: FileHandle, size: number): Promise<{ entries: AuditEntry[]; cut: boolean }> {
  const from = Math.max(0, size - TAIL_BYTES);
  const buffer = Buffer.alloc(size - from);
  await file.read(buffer, 0, buffer.length, from);
  const lines = buffer.toString("utf8").split("\n");
  const rest = lines.pop() ?? "";
  return { entries: lines.flatMap((line) => parseEntry(line) ?? []), cut: rest !== "" };
}
