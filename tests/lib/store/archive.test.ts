import { describe, expect, test } from "vitest";

import { archiveSettled } from "#lib/store/archive-settled.ts";
import { archive, withdraw } from "#lib/store/archive.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { decide } from "#lib/store/decide.ts";
import { archivedIds, readQueue } from "#lib/store/read-queue.ts";
import { approval, blocked, later, newQueue, NOW, question } from "#tests/helpers/store.ts";

const held = (deadline = later(20)) => blocked({}, { origin: "held-request", deadline: deadline.toISOString() });

describe("one that nobody answered", () => {
  test("can be archived once its deadline is past, and not before", async () => {
    const of = newQueue();
    const { proposal } = await createProposal(of, held(), NOW);
    await expect(archive(of, proposal.id, later(19))).rejects.toMatchObject({ code: "refused" });
    await archive(of, proposal.id, later(20));
    expect(await archivedIds(of)).toEqual([proposal.id]);
  });

  test("goes by itself an hour later", async () => {
    const of = newQueue();
    const { proposal } = await createProposal(of, held(), NOW);
    await createProposal(of, question(), NOW);
    expect(await archiveSettled(of, later(3600))).toEqual([]);
    expect(await archiveSettled(of, later(3621))).toEqual([proposal.id]);
    expect((await readQueue(of)).items).toHaveLength(1);
  });
});

describe("a held request whose client left", () => {
  test("is archived unanswered", async () => {
    const of = newQueue();
    const { proposal } = await createProposal(of, held(), NOW);
    expect(await withdraw(of, proposal.id)).toBe(true);
    expect(await archivedIds(of)).toEqual([proposal.id]);
    expect((await readQueue(of)).items).toEqual([]);
    await expect(decide(of, approval(proposal), later(1))).rejects.toMatchObject({ code: "not-found" });
    expect(await withdraw(of, proposal.id)).toBe(false);
  });

  test("stays when it is decided, and what nobody held stays always", async () => {
    const of = newQueue();
    const { proposal } = await createProposal(of, held(), NOW);
    await decide(of, approval(proposal), later(1));
    const asked = await createProposal(of, question(), later(1));
    expect(await withdraw(of, proposal.id)).toBe(false);
    expect(await withdraw(of, asked.proposal.id)).toBe(false);
    expect((await readQueue(of)).items).toHaveLength(2);
  });
});
