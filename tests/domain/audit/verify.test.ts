import { createHash } from "node:crypto";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { CHAIN_START, type ChainEnd, hashOf, nextEntry } from "#domain/audit/chain.ts";
import type { AuditEntry, AuditHead } from "#domain/audit/entry.ts";
import { verifyAudit } from "#domain/audit/verify.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const BOTTLE = "demo-abc12";

function entries(count: number): AuditEntry[] {
  const made: AuditEntry[] = [];
  let end: ChainEnd = CHAIN_START;
  for (let index = 1; index <= count; index++) {
    const fact = {
      actor: "agent",
      action: "tool-executed",
      component: "test",
      detail: `entry ${index} ünïcode`,
    } as const;
    const entry = nextEntry(end, BOTTLE, fact, new Date(index * 1000), sha256);
    made.push(entry);
    end = entry;
  }
  return made;
}

const textOf = (all: readonly object[]): string => all.map((entry) => `${JSON.stringify(entry)}\n`).join("");
const headOf = (all: readonly AuditEntry[]): AuditHead => ({
  seq: all.at(-1)?.seq ?? 0,
  hash: all.at(-1)?.hash ?? CHAIN_START.hash,
  bytes: 0,
});
const verify = (text: string, head: AuditHead | undefined = headOf(entries(5))) =>
  verifyAudit(text, head, BOTTLE, sha256);

describe("verifying an audit log", () => {
  test("passes a chain that is whole", () => {
    expect(verify(textOf(entries(5)))).toEqual({ ok: true, entries: 5 });
    expect(verify("", headOf([]))).toEqual({ ok: true, entries: 0 });
    expect(verifyAudit("", undefined, BOTTLE, sha256)).toEqual({ ok: true, entries: 0 });
  });

  test("does not mind how the members of a line are ordered", () => {
    const [first, ...rest] = entries(5);
    const reversed = Object.fromEntries(Object.entries(first!).toReversed());
    expect(verify(textOf([reversed, ...rest])).ok).toBe(true);
  });

  test.each([
    ["a changed text", 2, (entry: AuditEntry) => ({ ...entry, detail: "nothing happened" }), "wrong-hash"],
    [
      "a changed text with a new hash",
      2,
      (entry: AuditEntry) => rehashed({ ...entry, detail: "nothing happened" }),
      "broken-link-after",
    ],
    ["another prev", 2, (entry: AuditEntry) => rehashed({ ...entry, prev: "f".repeat(64) }), "broken-link"],
    ["another number", 2, (entry: AuditEntry) => rehashed({ ...entry, seq: 9 }), "missing-seq"],
    [
      "an entry of another bottle",
      2,
      (entry: AuditEntry) => rehashed({ ...entry, bottle: "other-12345" }),
      "wrong-bottle",
    ],
    ["an unknown member", 2, (entry: AuditEntry) => ({ ...entry, extra: 1 }), "bad-json"],
    ["an unknown action", 2, (entry: AuditEntry) => ({ ...entry, action: "nap" }), "bad-json"],
  ])("finds %s", (_name, index, change, fault) => {
    const all: object[] = entries(5);
    all[index] = change(all[index] as AuditEntry);
    const after = fault === "broken-link-after";
    const found = after ? index + 1 : index;
    expect(verify(textOf(all))).toMatchObject({
      ok: false,
      entries: found,
      line: found + 1,
      fault: after ? "broken-link" : fault,
    });
  });

  test("finds a line that was taken out, put twice, or exchanged with another", () => {
    const [a, b, c, d, e] = entries(5) as [AuditEntry, AuditEntry, AuditEntry, AuditEntry, AuditEntry];
    expect(verify(textOf([a, b, d, e]))).toMatchObject({ fault: "missing-seq", line: 3, detail: "seq 3 is missing" });
    expect(verify(textOf([a, e]))).toMatchObject({ detail: "seq 2 to 4 are missing" });
    expect(verify(textOf([a, b, b, c, d, e]))).toMatchObject({
      fault: "missing-seq",
      line: 3,
      detail: "seq 2 stands where 3 should",
    });
    expect(verify(textOf([b, a, c, d, e]))).toMatchObject({ fault: "missing-seq", line: 1 });
  });

  test("finds lines cut off the end, by the head", () => {
    const all = entries(5);
    for (let left = 0; left < 5; left++) {
      expect(verify(textOf(all.slice(0, left)))).toMatchObject({
        ok: false,
        fault: "truncated-tail",
        entries: left,
        line: left + 1,
      });
    }
  });

  test("finds a last line that is cut, wherever", () => {
    const text = textOf(entries(5));
    const last = text.lastIndexOf("\n", text.length - 2) + 1;
    for (let end = last + 1; end < text.length; end++) {
      expect(verify(text.slice(0, end))).toMatchObject({ ok: false, fault: "cut-line", entries: 4, line: 5 });
    }
  });

  test("lets a writer die between entries and head", () => {
    const all = entries(5);
    for (let known = 0; known < 5; known++) expect(verify(textOf(all), headOf(all.slice(0, known))).ok).toBe(true);
  });

  test("wants a head, and one that names an entry of this log", () => {
    const all = entries(5);
    expect(verifyAudit(textOf(all), undefined, BOTTLE, sha256)).toMatchObject({
      ok: false,
      fault: "head-missing",
      entries: 5,
    });
    expect(verify(textOf(all), { ...headOf(all), hash: "a".repeat(64) })).toMatchObject({
      ok: false,
      fault: "head-differs",
    });
  });

  test("shows no control characters of a line that is none", () => {
    expect(verify("\u001b[2Jevil\u0007\n")).toMatchObject({ fault: "bad-json", detail: "is no audit entry: evil" });
  });

  test("misses no change of a single byte", () => {
    const text = textOf(entries(5));
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at]! + by) % 256;
        if (changed.toString("utf8") === text) return;
        // White space between members is no content; everything else is.
        expect(verify(changed.toString("utf8")).ok).toBe(isSameContent(changed.toString("utf8"), text));
      }),
      { numRuns: 500 },
    );
  });

  test("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(verify(text).ok).toBe(false);
      }),
    );
  });
});

function rehashed(entry: AuditEntry): AuditEntry {
  return { ...entry, hash: hashOf(entry, sha256) };
}

function isSameContent(a: string, b: string): boolean {
  try {
    const lines = (text: string): unknown[] =>
      text.split("\n").map((line) => (line === "" ? "" : (JSON.parse(line) as unknown)));
    return JSON.stringify(lines(a)) === JSON.stringify(lines(b));
  } catch {
    return false;
  }
}
