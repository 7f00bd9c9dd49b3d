// Whether a bottle's audit log is whole: a pure check over its lines and its head.

import { plainLine } from "#domain/plain-text.ts";

import { CHAIN_START, type ChainEnd, hashOf, type Sha256 } from "./chain.ts";
import { AuditEntry, type AuditHead } from "./entry.ts";

type AuditFault =
  | "bad-json" // a line that is no entry: a crash cut it, or somebody changed it
  | "wrong-bottle"
  | "missing-seq"
  | "broken-link" // prev is not the hash of the line before
  | "wrong-hash" // the line's content is not what was written
  | "truncated-tail" // the head knows of later entries
  | "cut-line" // the last line has no end
  | "head-missing"
  | "head-differs";

export type AuditVerdict =
  | { readonly ok: true; readonly entries: number }
  | {
      readonly ok: false;
      /** How many entries before the fault are sound. */
      readonly entries: number;
      readonly fault: AuditFault;
      /** From 1; for a fault of the tail, the line after the last. */
      readonly line: number;
      /** One sentence. */
      readonly detail: string;
    };

/** The first fault of a log. `head` is undefined when there is no head file, or none that can be read. */
export function verifyAudit(text: string, head: AuditHead | undefined, bottle: string, sha256: Sha256): AuditVerdict {
  const lines = text.split("\n");
  const rest = lines.pop() ?? "";
  let end = CHAIN_START;
  let isHeadMet = head?.seq === 0 && head.hash === CHAIN_START.hash;
  for (const [index, line] of lines.entries()) {
    const checked = checkLine(line, end, bottle, sha256);
    if ("fault" in checked) return { ok: false, entries: index, line: index + 1, ...checked };
    end = { seq: checked.seq, hash: checked.hash };
    isHeadMet ||= head?.seq === end.seq && head.hash === end.hash;
  }
  const tail = rest === "" ? checkHead(end, head, isHeadMet) : cutLine(rest);
  return tail === undefined
    ? { ok: true, entries: lines.length }
    : { ok: false, entries: lines.length, line: lines.length + 1, ...tail };
}

interface Fault {
  readonly fault: AuditFault;
  readonly detail: string;
}

function checkLine(line: string, end: ChainEnd, bottle: string, sha256: Sha256): AuditEntry | Fault {
  const entry = parseEntry(line);
  if (entry === undefined) return { fault: "bad-json", detail: `is no audit entry: ${plainLine(line).slice(0, 60)}` };
  if (entry.bottle !== bottle)
    return { fault: "wrong-bottle", detail: `is an entry of ${plainLine(entry.bottle).slice(0, 80)}` };
  if (entry.seq !== end.seq + 1) return { fault: "missing-seq", detail: missing(end.seq + 1, entry.seq) };
  if (entry.prev !== end.hash) return { fault: "broken-link", detail: "prev is not the hash of the entry before" };
  if (hashOf(entry, sha256) !== entry.hash)
    return { fault: "wrong-hash", detail: "the content is not what was written: its hash differs" };
  return entry;
}

function missing(expected: number, found: number): string {
  if (found < expected) return `seq ${found} stands where ${expected} should`;
  return found === expected + 1 ? `seq ${expected} is missing` : `seq ${expected} to ${found - 1} are missing`;
}

function parseEntry(line: string): AuditEntry | undefined {
  try {
    return AuditEntry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function cutLine(rest: string): Fault {
  return { fault: "cut-line", detail: `the last line is cut: ${plainLine(rest).slice(0, 60)}` };
}

// Entries are written before the head, so a writer that died between the two leaves a head that names an earlier one.
function checkHead(end: ChainEnd, head: AuditHead | undefined, isHeadMet: boolean): Fault | undefined {
  if (isHeadMet || (head === undefined && end.seq === 0)) return undefined;
  if (head === undefined)
    return { fault: "head-missing", detail: "its head file is missing or unreadable: lines may be cut off the end" };
  if (head.seq > end.seq)
    return { fault: "truncated-tail", detail: `ends at seq ${end.seq}, but seq ${head.seq} was written` };
  return { fault: "head-differs", detail: `its head names another entry ${head.seq} than the log has` };
}
