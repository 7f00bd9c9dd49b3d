// How a request ends that waited because a secret is in it.

import { describe, expect, test } from "vitest";

import type { QueueItem } from "#lib/store/read-queue.ts";
import { type HeldFinding, holdFinding } from "#sidecars/egress/asking/hold-finding.ts";
import type { Question, WaitEnd } from "#sidecars/egress/asking/waiting.ts";

const FINDING: HeldFinding = {
  host: "api.example.com",
  port: 443,
  method: "POST",
  path: "/in",
  rule: "github-pat",
  where: "body, base64",
  excerpt: "a ******** b",
  fingerprint: "a".repeat(64),
  what: "a GitHub personal access token",
};

async function hold(end: WaitEnd, { allowed = false, finding = FINDING } = {}) {
  const asked: Question[] = [];
  const waiting = {
    wait: async (question: Question) => (asked.push(question), end),
    recheck: () => {},
  };
  const ended = await holdFinding(waiting, finding, () => allowed, 120, new AbortController().signal);
  return { ended, draft: asked[0]?.draft(new Date("2026-11-20T12:00:00Z")) };
}

function answered(decision: object | null): WaitEnd {
  return { end: "answered", proposal: "p1", item: decision === null ? null : ({ decision } as QueueItem) };
}

describe("a held finding", () => {
  test("is a proposal with a deadline that says what is found, where, and not the value", async () => {
    expect((await hold({ end: "released" })).draft).toEqual({
      kind: "dlp-match",
      payload: { ...FINDING, what: undefined },
      justification:
        "Held by the egress proxy: a GitHub personal access token is about to leave in the body, base64. The client waits.",
      origin: "held-request",
      deadline: "2026-11-20T12:02:00.000Z",
    });
  });

  test("is plain text of bounded length in the proposal, whatever the request held", async () => {
    const finding = {
      ...FINDING,
      path: `/\u001b[31m${"x".repeat(9000)}`,
      where: "w".repeat(400),
      excerpt: "\u202ee\ne",
    };
    const { draft } = await hold({ end: "released" }, { finding });
    if (draft?.kind !== "dlp-match") throw new Error("no dlp-match");
    expect(draft.payload.path).toBe(`/${"x".repeat(8191)}`);
    expect(draft.payload.where).toHaveLength(300);
    expect(draft.payload.excerpt).toBe("e e");
  });

  test.each<[string, WaitEnd, object]>([
    ["goes on when the table lets it", { end: "released" }, { end: "allowed" }],
    ["is forgotten with its client", { end: "gone" }, { end: "gone" }],
    [
      "is refused when too many wait",
      { end: "too-many", reason: "32 requests wait for the operator already" },
      { end: "refused", refusal: { status: 429, code: "too_many_held" } },
    ],
    [
      "is refused when nobody can be asked",
      { end: "not-asked" },
      {
        end: "refused",
        refusal: { status: 403, code: "secret_found", reason: expect.stringContaining("could not be asked") },
      },
    ],
    [
      "is refused when nobody answers",
      answered(null),
      { end: "refused", refusal: { status: 403, code: "hold_timeout", rule: "github-pat", proposal: "p1" } },
    ],
    [
      "is refused with the operator's words",
      answered({ status: "rejected", notes: "no" }),
      {
        end: "refused",
        refusal: {
          code: "rejected",
          reason: "a GitHub personal access token is in the body, base64, and the operator rejected it: no",
        },
      },
    ],
    [
      "is refused when the approval failed",
      answered({ status: "approved", applied: { ok: false, detail: "the disk is full" } }),
      { end: "refused", refusal: { code: "secret_found", reason: expect.stringContaining("the disk is full") } },
    ],
    [
      "is refused when the approval covers something else",
      answered({ status: "approved", applied: { ok: true, detail: "live" } }),
      { end: "refused", refusal: { code: "secret_found", reason: expect.stringContaining("does not cover") } },
    ],
  ])("%s", async (_name, end, expected) => {
    expect((await hold(end)).ended).toMatchObject(expected);
  });

  test("goes on when its answer and its exception came together", async () => {
    const end = answered({ status: "approved", applied: { ok: true, detail: "live" } });
    expect((await hold(end, { allowed: true })).ended).toEqual({ end: "allowed" });
  });
});
