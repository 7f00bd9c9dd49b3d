import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { approve, reject } from "#core/decide/decide.ts";
import { type Desk, openDesk } from "#core/decide/desk.ts";
import { undoDecision } from "#core/decide/undo.ts";
import type { Proposal, ProposalDraft } from "#domain/proposal/proposal.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { readRoutes } from "#lib/store/routes-file.ts";
import { type FakeProxy, fakeProxy, runningBottle } from "#tests/helpers/fake-proxy.ts";
import { newQueue, NOW } from "#tests/helpers/store.ts";

const FINGERPRINT = "ab".repeat(32);
let of: QueueOf;
let desk: Desk;
let proxy: FakeProxy | undefined;

beforeEach(async () => {
  of = newQueue();
  desk = { ...openDesk(of.root, () => NOW), liveWithin: 300 };
  await runningBottle(of, [{ host: "api.example.com" }]);
  proxy = await fakeProxy(of);
});

afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
});

function dlpMatch(rule = "github-token"): ProposalDraft {
  return {
    kind: "dlp-match",
    payload: {
      host: "api.example.com",
      method: "POST",
      path: "/issues",
      rule,
      where: "body, JSON string",
      excerpt: '{"note":"****"}',
      fingerprint: FINGERPRINT,
    },
    justification: "",
    origin: "held-request",
  };
}

function falseAlarm(finding = "github-token"): ProposalDraft {
  return {
    kind: "pipelock-block",
    payload: { host: "API.example.com.", finding },
    justification: "it is a test vector",
    origin: "mcp",
  };
}

async function asked(draft: ProposalDraft): Promise<Proposal> {
  return (await createProposal(of, draft, NOW)).proposal;
}

const exceptions = () => proxy?.table().dlp_exceptions;

describe("the approval of a finding", () => {
  test("lets this one value pass on this host, in the table that the proxy shows", async () => {
    const { id, digest } = await asked(dlpMatch());
    const decision = await approve(desk, of.slug, id, { digest, scope: "session" });
    expect(decision.applied).toEqual({ ok: true, detail: "live", policy_version: 2 });
    expect(exceptions()).toEqual([
      { decision: id, host: "api.example.com", rule: "github-token", fingerprint: FINGERPRINT },
    ]);
  });

  test("once is once, and no longer than ten minutes", async () => {
    const { id, digest } = await asked(dlpMatch());
    await approve(desk, of.slug, id, { digest, scope: "once" });
    expect(exceptions()).toEqual([
      expect.objectContaining({ decision: id, once: true, expires_at: "2026-11-20T12:10:00.000Z" }),
    ]);
  });

  test("is without a value where the agent calls a whole rule a false alarm", async () => {
    const { id, digest } = await asked(falseAlarm());
    await approve(desk, of.slug, id, { digest, scope: "session" });
    expect(exceptions()).toEqual([{ decision: id, host: "api.example.com", rule: "github-token" }]);
  });

  test("is never kept in the definition, and says why", async () => {
    const { id, digest } = await asked(dlpMatch());
    await expect(approve(desk, of.slug, id, { digest, scope: "manifest" })).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("never kept in the definition"),
    });
    expect(exceptions()).toBeUndefined();
  });

  test("is refused for the canary, whoever asks", async () => {
    for (const draft of [dlpMatch("canary"), falseAlarm("canary")]) {
      const { id, digest } = await asked(draft);
      await expect(approve(desk, of.slug, id, { digest, scope: "once" })).rejects.toMatchObject({ code: "refused" });
    }
    expect(exceptions()).toBeUndefined();
  });

  test("is refused for what was found in an answer: no exception is for that", async () => {
    const { id, digest } = await asked(falseAlarm("injection:fake-turn"));
    await expect(approve(desk, of.slug, id, { digest, scope: "session" })).rejects.toMatchObject({ code: "refused" });
  });

  test("takes no changed payload", async () => {
    const { id, digest } = await asked(falseAlarm());
    const options = { digest, scope: "session", payload: { host: "*.example.com", finding: "github-token" } } as const;
    await expect(approve(desk, of.slug, id, options)).rejects.toMatchObject({ code: "invalid" });
  });

  test("is taken back when the proxy does not take it", async () => {
    await proxy?.stop();
    proxy = await fakeProxy(of, "refusing");
    const { id, digest } = await asked(dlpMatch());
    const decision = await approve(desk, of.slug, id, { digest, scope: "session" });
    expect(decision.applied).toMatchObject({ ok: false });
    expect((await readRoutes(of)).table.dlp_exceptions).toBeUndefined();
  });

  test("is undone alone: another exception and the routes stay", async () => {
    const one = await asked(dlpMatch());
    const other = await asked(falseAlarm("jwt"));
    for (const { id, digest } of [one, other]) await approve(desk, of.slug, id, { digest, scope: "session" });
    const undone = await undoDecision(desk, of.slug, one.id, "");
    expect(undone.applied).toMatchObject({ ok: true, detail: "its exception is gone" });
    expect(exceptions()?.map(({ decision }) => decision)).toEqual([other.id]);
    expect(proxy?.routes().map(({ host }) => host)).toEqual(["api.example.com"]);
  });

  test("stands in the audit log with what it added, and without a value", async () => {
    const { id, digest } = await asked(dlpMatch());
    await approve(desk, of.slug, id, { digest, scope: "session" });
    const entries = await readAuditLog(of);
    expect(entries.map(({ action, diff }) => ({ action, diff }))).toEqual([
      { action: "decision", diff: expect.stringContaining("+   rule: github-token") },
      { action: "policy-applied", diff: expect.stringContaining(`+   fingerprint: ${FINGERPRINT}`) },
    ]);
  });
});

test("a rejected finding adds nothing", async () => {
  const { id, digest } = await asked(dlpMatch());
  const decision = await reject(desk, of.slug, id, { digest, reason: "no" });
  expect(decision.status).toBe("rejected");
  expect(exceptions()).toBeUndefined();
});
