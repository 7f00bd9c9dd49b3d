// The links of the audit chain: an entry's hash, and the entry that comes after another.

import { canonicalJson } from "#domain/json.ts";

import type { AuditEntry, AuditFact } from "./entry.ts";

/** SHA-256 in hex; passed in, since the domain does no I/O and has no crypto. */
export type Sha256 = (text: string) => string;

/** Where a chain ends. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

export const CHAIN_START: ChainEnd = { seq: 0, hash: "0".repeat(64) };

/** Over the canonical JSON of everything but the hash. */
export function hashOf(entry: Omit<AuditEntry, "hash"> & { hash?: string }, sha256: Sha256): string {
  const { hash: _hash, ...rest } = entry;
  return sha256(canonicalJson(rest));
}

export function nextEntry(end: ChainEnd, bottle: string, fact: AuditFact, now: Date, sha256: Sha256): AuditEntry {
  const entry = { seq: end.seq + 1, at: now.toISOString(), bottle, ...fact, prev: end.hash };
  return { ...entry, hash: hashOf(entry, sha256) };
}
