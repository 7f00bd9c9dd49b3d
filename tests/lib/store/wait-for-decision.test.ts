import { rmSync, writeFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { archive } from "#lib/store/archive.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { decide, setApplied } from "#lib/store/decide.ts";
import { queueFile, queueFolders } from "#lib/store/queue-files.ts";
import { waitForDecision } from "#lib/store/wait-for-decision.ts";
import { approval, blocked, later, newQueue, NOW, printed, question, runModule } from "#tests/helpers/store.ts";

async function pending() {
  const of = newQueue();
  return { of, ...(await createProposal(of, blocked(), NOW)) };
}

describe("waiting for the operator", () => {
  test("ends with a rejection", async () => {
    const { of, proposal } = await pending();
    const answer = waitForDecision(of, proposal.id);
    await decide(of, approval(proposal, { status: "rejected", notes: "no" }), NOW);
    expect((await answer)?.decision).toMatchObject({ status: "rejected", notes: "no" });
  });

  test("ends with an approval only when it is live, or could not be made so", async () => {
    const { of, proposal } = await pending();
    let answered = false;
    const answer = waitForDecision(of, proposal.id).finally(() => (answered = true));
    const decided = waitForDecision(of, proposal.id, { until: "decided" });
    await decide(of, approval(proposal), NOW);
    expect((await decided)?.decision?.applied).toBeUndefined();
    expect(answered).toBe(false);
    await setApplied(of, proposal.id, { ok: false, detail: "gone" });
    expect((await answer)?.decision?.applied).toEqual({ ok: false, detail: "gone" });
  });

  test("ends at once when the decision was there before, archived too", async () => {
    const { of, proposal } = await pending();
    await decide(of, approval(proposal, { status: "rejected" }), NOW);
    expect((await waitForDecision(of, proposal.id))?.decision?.status).toBe("rejected");
    await archive(of, proposal.id);
    expect((await waitForDecision(of, proposal.id))?.decision?.status).toBe("rejected");
  });

  test("ends with null when the time is over", async () => {
    const { of, proposal } = await pending();
    expect(await waitForDecision(of, proposal.id, { timeoutMs: 20 })).toBeNull();
  });

  test("ends with null when it is aborted, before or meanwhile", async () => {
    const { of, proposal } = await pending();
    expect(await waitForDecision(of, proposal.id, { signal: AbortSignal.abort() })).toBeNull();
    const abort = new AbortController();
    const answer = waitForDecision(of, proposal.id, { signal: abort.signal, timeoutMs: 60_000 });
    abort.abort();
    expect(await answer).toBeNull();
  });

  test("knows no proposal that is not there", async () => {
    await expect(waitForDecision(newQueue(), "0123456789-none")).rejects.toMatchObject({ code: "not-found" });
  });

  test("takes a malformed decision for none, and goes on waiting", async () => {
    const { of, proposal } = await pending();
    const file = queueFile(queueFolders(of).queue, proposal.id, "decision");
    const answer = waitForDecision(of, proposal.id, { timeoutMs: 10_000 });
    writeFileSync(file, '{"version": 1, "status": "approved"}');
    rmSync(file);
    await decide(of, approval(proposal, { status: "rejected" }), NOW);
    expect((await answer)?.decision?.status).toBe("rejected");
  });

  test("is woken by other processes", async () => {
    const { of, proposal } = await pending();
    const child = runModule(
      `
      import { waitForDecision } from "#lib/store/wait-for-decision.ts";
      const [root, slug, id] = process.argv.slice(-3);
      const waiting = waitForDecision({ root, slug }, id);
      console.log("waiting");
      console.log((await waiting).decision.notes);
    `,
      [of.root, of.slug, proposal.id],
    );
    await printed(child, "waiting");
    const answered = printed(child, "because");
    await decide(of, approval(proposal, { status: "rejected", notes: "because" }), NOW);
    await expect(answered).resolves.toBeUndefined();
  });

  test("serves many at once, each with its own answer", async () => {
    const of = newQueue();
    const proposals = [];
    for (let index = 0; index < 20; index++)
      proposals.push((await createProposal(of, question(`q${index}`), later(index))).proposal);
    const answers = proposals.map(({ id }) => waitForDecision(of, id));
    for (const proposal of proposals.toReversed()) {
      await decide(of, approval(proposal, { notes: proposal.id, applied: { ok: true, detail: "answered" } }), NOW);
    }
    expect((await Promise.all(answers)).map((item) => item?.decision?.notes)).toEqual(proposals.map(({ id }) => id));
  });

  test("answers at once", async () => {
    const { of, proposal } = await pending();
    const answer = waitForDecision(of, proposal.id).then(() => performance.now());
    await new Promise(setImmediate);
    await decide(of, approval(proposal, { status: "rejected" }), NOW);
    const decided = performance.now();
    expect((await answer) - decided).toBeLessThan(1000); // woken, not polled; the benchmark measures how fast
  });
});
