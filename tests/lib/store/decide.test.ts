import { readFileSync, writeFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { archive } from "#lib/store/archive.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { decide, setApplied } from "#lib/store/decide.ts";
import { queueFile, queueFolders } from "#lib/store/queue-files.ts";
import { readProposal } from "#lib/store/read-queue.ts";
import { setUndone, undo } from "#lib/store/undo.ts";
import { approval, blocked, later, newQueue, NOW, outputOf, question, runModule } from "#tests/helpers/store.ts";

async function pending() {
  const of = newQueue();
  const { proposal } = await createProposal(of, blocked(), NOW);
  return {
    of,
    proposal,
    file: (part: "proposal" | "decision") => queueFile(queueFolders(of).queue, proposal.id, part),
  };
}

describe("deciding", () => {
  test("writes the decision, bound to the proposal's digest", async () => {
    const { of, proposal, file } = await pending();
    const decision = await decide(of, approval(proposal, { notes: "ok" }), later(1));
    expect(decision).toMatchObject({
      version: 1,
      digest: proposal.digest,
      decided_at: later(1).toISOString(),
      notes: "ok",
    });
    expect(JSON.parse(readFileSync(file("decision"), "utf8"))).toEqual(decision);
  });

  test("tells the second decider who was first, and when", async () => {
    const { of, proposal } = await pending();
    await decide(of, approval(proposal), later(1));
    const second = decide(of, approval(proposal, { status: "rejected", decided_by: "bob@other (2)" }), later(2));
    await expect(second).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("approved already, by ann@desk (1) at 2026-11-20T12:00:01") as string,
    });
    expect((await readProposal(of, proposal.id)).decision?.status).toBe("approved");
  });

  test("tells so for an archived decision, too", async () => {
    const { of, proposal } = await pending();
    await decide(of, approval(proposal), NOW);
    await archive(of, proposal.id);
    await expect(decide(of, approval(proposal), NOW)).rejects.toMatchObject({ code: "conflict" });
  });

  test("takes a decision file that cannot be read for a decision", async () => {
    const { of, proposal, file } = await pending();
    writeFileSync(file("decision"), "{");
    await expect(decide(of, approval(proposal), NOW)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("is not JSON") as string,
    });
  });

  test("refuses another digest than the operator saw", async () => {
    const { of, proposal } = await pending();
    const digest = `sha256:${"0".repeat(64)}`;
    await expect(decide(of, approval(proposal, { digest }), NOW)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("digest") as string,
    });
    expect((await readProposal(of, proposal.id)).decision).toBeNull();
  });

  test("refuses a proposal whose content is not what its digest says", async () => {
    const { of, proposal, file } = await pending();
    writeFileSync(file("proposal"), JSON.stringify({ ...proposal, payload: { host: "evil.example.com" } }));
    await expect(decide(of, approval(proposal), NOW)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("digest does not match") as string,
    });
  });

  test("knows no proposal that is not there, and no id that is a path", async () => {
    const { of, proposal } = await pending();
    await expect(decide(of, approval(proposal, { id: "0000000000-none" }), NOW)).rejects.toMatchObject({
      code: "not-found",
    });
    for (const id of ["../../etc/passwd", "a/b", "", "....", `${proposal.id}/../x`]) {
      await expect(decide(of, approval(proposal, { id }), NOW)).rejects.toMatchObject({ code: "invalid" });
    }
  });

  test("is won by exactly one of several processes at once", async () => {
    const { of, proposal } = await pending();
    const source = `
      import { decide } from "#lib/store/decide.ts";
      const [root, slug, id, digest, who] = process.argv.slice(-5);
      const draft = { id, digest, status: "approved", scope: "session", notes: "", decided_by: who };
      process.stdin.once("data", async () => {
        const won = await decide({ root, slug }, draft, new Date()).then(() => "won", (error) => error.code + " " + error.message);
        console.log(won);
        process.exit(0);
      });
      console.log("ready");
    `;
    const names = ["p1", "p2", "p3"];
    const children = names.map((who) => runModule(source, [of.root, of.slug, proposal.id, proposal.digest, who]));
    const outputs = children.map((child) => outputOf(child));
    await Promise.all(children.map((child) => new Promise((resolve) => child.stdout?.once("data", resolve))));
    for (const child of children) child.stdin?.write("go\n");
    const said = (await Promise.all(outputs)).map((text) => text.trim().split("\n").at(-1) ?? "");
    const winner = names[said.indexOf("won")];
    expect(said.filter((line) => line === "won")).toHaveLength(1);
    for (const line of said.filter((text) => text !== "won"))
      expect(line).toMatch(new RegExp(`^conflict .*by ${winner} at`));
    expect((await readProposal(of, proposal.id)).decision?.decided_by).toBe(winner);
  }, 30_000);
});

describe("what became of a decision", () => {
  test("is written once: the first word stands", async () => {
    const { of, proposal } = await pending();
    await decide(of, approval(proposal), NOW);
    const first = await setApplied(of, proposal.id, { ok: true, detail: "live", policy_version: 2 });
    const second = await setApplied(of, proposal.id, { ok: false, detail: "no" });
    expect(first.applied).toEqual({ ok: true, detail: "live", policy_version: 2 });
    expect(second).toEqual(first);
  });

  test("is written to an archived decision, too", async () => {
    const { of, proposal } = await pending();
    await decide(of, approval(proposal), NOW);
    await archive(of, proposal.id);
    await setApplied(of, proposal.id, { ok: false, detail: "gone" });
    expect((await readProposal(of, proposal.id)).decision?.applied?.detail).toBe("gone");
  });

  test("needs a decision", async () => {
    const { of, proposal } = await pending();
    await expect(setApplied(of, proposal.id, { ok: true, detail: "" })).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("undoing", () => {
  const draft = (proposal: { id: string; digest: string }) => ({
    id: proposal.id,
    digest: proposal.digest,
    notes: "",
    decided_by: "bob@desk (3)",
  });

  test("happens once, and names who did it", async () => {
    const { of, proposal } = await pending();
    await decide(of, approval(proposal), NOW);
    await undo(of, draft(proposal), later(1));
    await expect(undo(of, draft(proposal), later(2))).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("by bob@desk (3)") as string,
    });
  });

  test("needs a decision, the right digest and a proposal that is there", async () => {
    const { of, proposal } = await pending();
    await expect(undo(of, draft(proposal), NOW)).rejects.toMatchObject({ code: "refused" });
    await expect(undo(of, draft({ ...proposal, id: "0000000000-none" }), NOW)).rejects.toMatchObject({
      code: "not-found",
    });
    await decide(of, approval(proposal), NOW);
    await expect(undo(of, draft({ ...proposal, digest: `sha256:${"1".repeat(64)}` }), NOW)).rejects.toMatchObject({
      code: "invalid",
    });
  });

  test("brings an archived proposal back to where everybody sees it", async () => {
    const { of, proposal } = await pending();
    await decide(of, approval(proposal), NOW);
    await archive(of, proposal.id);
    await undo(of, draft(proposal), later(1));
    const { queue } = queueFolders(of);
    for (const part of ["proposal", "decision", "undo"] as const)
      expect(readFileSync(queueFile(queue, proposal.id, part), "utf8")).not.toBe("");
  });

  test("says once what became of it", async () => {
    const { of, proposal } = await pending();
    await decide(of, approval(proposal, { status: "rejected" }), NOW);
    await undo(of, draft(proposal), later(1));
    const done = await setUndone(of, proposal.id, {
      applied: { ok: true, detail: "asked again" },
      reopened_as: "0123456789-abc",
    });
    expect(await setUndone(of, proposal.id, { applied: { ok: false, detail: "" } })).toEqual(done);
  });
});

test("a question and its answer are one file each, written at once", async () => {
  const of = newQueue();
  const { proposal } = await createProposal(of, question("Which?", ["a", "b"]), NOW);
  await decide(of, approval(proposal, { notes: "a", applied: { ok: true, detail: "answered" } }), NOW);
  expect((await readProposal(of, proposal.id)).decision).toMatchObject({ notes: "a", applied: { ok: true } });
});
