import { readdirSync, readFileSync, writeFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { canonicalJson } from "#domain/json.ts";
import { PROPOSAL_ID, type ProposalDraft } from "#domain/proposal/proposal.ts";
import { sha256 } from "#lib/hash.ts";
import { createProposal, type CreateOptions } from "#lib/store/create-proposal.ts";
import { decide } from "#lib/store/decide.ts";
import { queueFile, queueFolders } from "#lib/store/queue-files.ts";
import { readProposal, readQueue } from "#lib/store/read-queue.ts";
import {
  approval,
  blocked,
  later,
  newQueue,
  newRoot,
  NOW,
  outputOf,
  question,
  runModule,
} from "#tests/helpers/store.ts";

describe("creating a proposal", () => {
  test("writes it whole, private, under a name that sorts by time", async () => {
    const of = newQueue();
    const first = await createProposal(of, question("one"), NOW);
    const second = await createProposal(of, question("two"), later(0.001));
    expect(first.proposal.id < second.proposal.id).toBe(true);
    expect(first.proposal.id).toMatch(PROPOSAL_ID);
    const { queue } = queueFolders(of);
    expect(readdirSync(queue).toSorted()).toEqual([
      `${first.proposal.id}.proposal.json`,
      `${second.proposal.id}.proposal.json`,
    ]);
    expect(JSON.parse(readFileSync(queueFile(queue, first.proposal.id, "proposal"), "utf8"))).toEqual(first.proposal);
  });

  test("binds it to its content by a digest over the canonical JSON of the rest", async () => {
    const { proposal } = await createProposal(newQueue(), blocked({ methods: ["GET"] }), NOW);
    const { digest, ...rest } = proposal;
    expect(digest).toBe(`sha256:${sha256(canonicalJson(rest))}`);
  });

  test("takes the random part from its caller", async () => {
    const make = () => createProposal(newQueue(), question(), NOW, { random: () => new Uint8Array([0, 1, 2, 3, 4]) });
    expect((await make()).proposal.id).toBe((await make()).proposal.id);
  });

  test.each([
    ["a host with a zero-width letter", blocked({ host: "git\u200bhub.com" }), "payload.host"],
    ["a host in other letters", blocked({ host: "bücher.de" }), "payload.host"],
    ["a relative path", blocked({ path_allowlist: ["repos"] }), "payload.path_allowlist[0]"],
    ["an escape sequence in a path", blocked({ path_allowlist: ["/\u001b[2J"] }), "payload.path_allowlist[0]"],
    ["a method in small letters", blocked({ methods: ["get"] }), "payload.methods[0]"],
    ["a port that is none", blocked({ port: 70_000 }), "payload.port"],
    ["an unknown credential scheme", blocked({ auth: { scheme: "Magic", token_ref: "X" } }), "payload.auth.scheme"],
    ["an unknown key", blocked({ wildcard: true } as never), "wildcard"],
    ["an empty question", question(""), "payload.text"],
    ["a deadline that is no time", blocked({}, { deadline: "soon" }), "deadline"],
  ])("refuses %s and names the field", async (_name, draft, field) => {
    const of = newQueue();
    await expect(createProposal(of, draft, NOW)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining(field) as string,
    });
    expect((await readQueue(of)).items).toEqual([]);
  });

  test.each(["../evil", "a/b", "", ".", "..", "Demo", "a\u0000b", "x".repeat(81)])(
    "refuses the slug %j before it makes a path of it",
    async (slug) => {
      const root = newRoot();
      await expect(createProposal({ root, slug }, question(), NOW)).rejects.toMatchObject({ code: "invalid" });
      expect(readdirSync(root)).toEqual([]);
    },
  );

  test("takes whatever an agent may say as its words, and gives it back unchanged", async () => {
    const of = newQueue();
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.string({ unit: "binary", minLength: 1, maxLength: 200 }),
        async (justification, text) => {
          const { proposal } = await createProposal(of, { ...question(text), justification }, NOW);
          const read = await readProposal(of, proposal.id);
          expect(read.proposal.payload).toEqual({ text });
          expect(read.proposal.justification).toBe(justification);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("folding duplicates", () => {
  const fold = async (first: ProposalDraft, second: ProposalDraft, at = later(5)) => {
    const of = newQueue();
    const one = await createProposal(of, first, NOW);
    const two = await createProposal(of, second, at);
    return { of, one, two, item: await readProposal(of, one.proposal.id) };
  };

  test("raises the count and the time of the pending one", async () => {
    const { one, two, item } = await fold(blocked(), blocked());
    expect(two).toEqual({ proposal: one.proposal, folded: true });
    expect(item.seen).toEqual({ count: 2, first_seen: NOW.toISOString(), last_seen: later(5).toISOString() });
  });

  test("counts what the duplicate had counted itself", async () => {
    const { item } = await fold(blocked({ count: 3 }), blocked({ count: 4 }));
    expect(item.seen?.count).toBe(7);
  });

  test.each([
    ["the case of the host", blocked({ host: "API.example.com." })],
    ["the default port written out", blocked({ port: 443 })],
    ["the request that led to it", blocked({ method: "GET", path: "/other" })],
    ["an agent's own words", blocked({}, { origin: "mcp", justification: "please" })],
  ])("does not mind %s", async (_name, duplicate) => {
    expect((await fold(blocked(), duplicate)).two.folded).toBe(true);
  });

  test.each([
    ["another port", blocked({ port: 8443 })],
    ["other methods", blocked({ methods: ["POST"] })],
    ["other paths", blocked({ path_allowlist: ["/a"] })],
    ["another host", blocked({ host: "b.example.com" })],
    ["a credential", blocked({ auth: { scheme: "Bearer", token_ref: "GH_PAT" } })],
    ["a question", question()],
  ])("keeps %s apart", async (_name, other) => {
    expect((await fold(blocked(), other)).two.folded).toBe(false);
  });

  test("never folds questions", async () => {
    expect((await fold(question("same?"), question("same?"))).two.folded).toBe(false);
  });

  test("keeps the first justification that was given, wherever it came from", async () => {
    const { of, item } = await fold(blocked(), blocked({}, { justification: "need the docs" }));
    expect(item.seen?.justification).toBe("need the docs");
    await createProposal(of, blocked({}, { justification: "really" }), later(6));
    expect((await readProposal(of, item.proposal.id)).seen?.justification).toBe("need the docs");
  });

  test("does not touch a justification that the first one had", async () => {
    const { item } = await fold(blocked({}, { justification: "mine" }), blocked({}, { justification: "theirs" }));
    expect(item.seen?.justification).toBeUndefined();
  });

  test("makes a new one beside a decided one", async () => {
    const of = newQueue();
    const { proposal } = await createProposal(of, blocked(), NOW);
    await decide(of, approval(proposal, { status: "rejected" }), NOW);
    expect((await createProposal(of, blocked(), later(1))).folded).toBe(false);
  });

  test("makes a new one beside one whose deadline is over", async () => {
    const held = blocked({}, { origin: "held-request", deadline: later(2).toISOString() });
    expect((await fold(held, blocked())).two.folded).toBe(false);
  });

  test("gives one who waits without a deadline a proposal that does not run out", async () => {
    const held = blocked({}, { origin: "held-request", deadline: later(60).toISOString() });
    expect((await fold(held, blocked({}, { origin: "mcp" }))).two.folded).toBe(false);
    expect((await fold(held, blocked())).two.folded).toBe(true);
    expect((await fold(held, { ...held, deadline: later(90).toISOString() })).two.folded).toBe(true);
  });

  test("is not led astray by a pending file that cannot be trusted", async () => {
    const of = newQueue();
    const { proposal } = await createProposal(of, blocked(), NOW);
    writeFileSync(
      queueFile(queueFolders(of).queue, proposal.id, "proposal"),
      JSON.stringify({ ...proposal, justification: "changed" }),
    );
    expect((await createProposal(of, blocked(), later(1))).folded).toBe(false);
  });

  test("is one proposal, counted right, when several processes ask at once", async () => {
    const of = newQueue();
    const source = `
      import { createProposal, type CreateOptions } from "#lib/store/create-proposal.ts";
      const [root, slug] = process.argv.slice(-2);
      const draft = { kind: "egress-block", payload: { host: "api.example.com" }, justification: "", origin: "blocked-request" };
      for (let i = 0; i < 10; i++) await createProposal({ root, slug }, draft, new Date());
    `;
    await Promise.all(Array.from({ length: 3 }, () => outputOf(runModule(source, [of.root, of.slug]))));
    const { items, problems } = await readQueue(of);
    expect(problems).toEqual([]);
    expect(items.map(({ seen }) => seen?.count)).toEqual([30]);
  });
});

describe("the limits of the caller", () => {
  test("are asked with what is in the queue, decided ones too", async () => {
    const of = newQueue();
    const { proposal } = await createProposal(of, question("one"), NOW);
    await createProposal(of, question("two"), later(1));
    await decide(of, approval(proposal, { notes: "yes" }), later(2));
    let load: unknown;
    await createProposal(of, question("three"), later(3), { admit: (seen) => (load = seen) });
    expect(load).toMatchObject({ pending: 1, created: [NOW, later(1)] });
  });

  test("do not count what ran out of time, and tell where the others come from", async () => {
    const of = newQueue();
    const held = (host: string, seconds: number) =>
      blocked({ host }, { origin: "held-request", deadline: later(seconds).toISOString() });
    await createProposal(of, held("a.example.com", 5), NOW);
    await createProposal(of, held("b.example.com", 60), later(1));
    await createProposal(of, question(), later(2));
    let counts: number[] = [];
    const admit: CreateOptions["admit"] = ({ pending, pendingFrom }) =>
      (counts = [pending, pendingFrom("held-request", "blocked-request"), pendingFrom("mcp")]);
    await createProposal(of, question("another"), later(4), { admit });
    expect(counts).toEqual([3, 2, 1]);
    await createProposal(of, question("a third"), later(5), { admit });
    expect(counts).toEqual([3, 1, 2]);
  });

  test("refuse a new one, which then leaves no trace, but never a duplicate", async () => {
    const of = newQueue();
    const admit = (): never => {
      throw new Error("wait");
    };
    await createProposal(of, blocked(), NOW);
    await expect(createProposal(of, question(), later(1), { admit })).rejects.toThrow("wait");
    expect((await createProposal(of, blocked(), later(2), { admit })).folded).toBe(true);
    expect((await readQueue(of)).items).toHaveLength(1);
  });
});
