import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { archive } from "#lib/store/archive.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { decide } from "#lib/store/decide.ts";
import { parseQueueFile, queueFile, queueFolders, QUEUE_PARTS } from "#lib/store/queue-files.ts";
import {
  archivedIds,
  proposalDigest,
  readArchive,
  readProposal,
  readQueue,
  slugsWithQueue,
} from "#lib/store/read-queue.ts";
import { readUses } from "#lib/store/read-uses.ts";
import { approval, blocked, later, newQueue, NOW, question, runModule } from "#tests/helpers/store.ts";

describe("reading a queue", () => {
  test("that is not there gives nothing", async () => {
    expect(await readQueue(newQueue())).toEqual({ items: [], problems: [] });
  });

  test("gives each proposal with its fate, oldest first", async () => {
    const of = newQueue();
    const one = (await createProposal(of, blocked(), NOW)).proposal;
    const two = (await createProposal(of, question(), later(1))).proposal;
    await createProposal(of, blocked(), later(2));
    await decide(of, approval(one), later(3));
    const { items, problems } = await readQueue(of);
    expect(problems).toEqual([]);
    expect(items.map(({ proposal }) => proposal)).toEqual([one, two]);
    expect(items[0]).toMatchObject({ seen: { count: 2 }, decision: { status: "approved" }, undo: null });
  });

  test("passes over what is none of its files", async () => {
    const of = newQueue();
    await createProposal(of, question(), NOW);
    const { queue } = queueFolders(of);
    for (const name of ["README", ".tmp-1-ab", ".proposal.json", "x.proposal.json", "0123456789-abc.proposal.json.bak"])
      writeFileSync(join(queue, name), "?");
    expect((await readQueue(of)).items).toHaveLength(1);
    expect((await readQueue(of)).problems).toEqual([]);
  });

  test.each([
    ["nothing", "", "is not JSON"],
    ["half a file", '{"version": 1, "id": "', "is not JSON"],
    ["binary data", "\u0000\u0001\u0002", "is not JSON"],
    ["a list", "[]", "must be a map of keys and values, not a list"],
    ["no kind", '{"version":1}', "kind"],
    ["an unknown kind", '{"version":1,"kind":"root-shell"}', "kind"],
  ])("makes a problem of a proposal file with %s, and goes on", async (_name, text, what) => {
    const of = newQueue();
    await createProposal(of, question(), NOW);
    const where = join(queueFolders(of).queue, "0123456789-bad.proposal.json");
    writeFileSync(where, text);
    const { items, problems } = await readQueue(of);
    expect(items).toHaveLength(1);
    expect(problems).toEqual([{ where, message: expect.stringContaining(what) as string }]);
  });

  test("makes a problem of a file that is a folder, a pipe, or larger than a megabyte, without hanging", async () => {
    const of = newQueue();
    const { queue } = queueFolders(of);
    mkdirSync(join(queue, "0123456789-dir.proposal.json"), { recursive: true });
    execFileSync("mkfifo", [join(queue, "0123456789-pipe.proposal.json")]);
    writeFileSync(join(queue, "0123456789-large.proposal.json"), "x".repeat(1_048_577));
    symlinkSync("/nowhere", join(queue, "0123456789-link.proposal.json"));
    const { items, problems } = await readQueue(of);
    expect(items).toEqual([]);
    expect(problems.map(({ message }) => message)).toEqual(
      Array.from({ length: 3 }, () => "is no regular file of at most 1048576 bytes"),
    );
  });

  test("trusts no proposal of another name, of another bottle, or that was changed", async () => {
    const of = newQueue();
    const { queue } = queueFolders(of);
    const { proposal } = await createProposal(of, question(), NOW);
    const signed = (change: object) => {
      const changed = { ...proposal, ...change };
      return JSON.stringify({ ...changed, digest: proposalDigest(changed) });
    };
    writeFileSync(queueFile(queue, "0000000001-other", "proposal"), JSON.stringify(proposal));
    writeFileSync(
      queueFile(queue, "0000000002-slug", "proposal"),
      signed({ id: "0000000002-slug", bottle_slug: "victim-12345" }),
    );
    writeFileSync(
      queueFile(queue, "0000000003-digest", "proposal"),
      JSON.stringify({ ...proposal, id: "0000000003-digest" }),
    );
    const { items, problems } = await readQueue(of);
    expect(items).toHaveLength(1);
    expect(problems.map(({ message }) => message)).toEqual([
      `id is ${proposal.id}, not that of the file`,
      expect.stringContaining('"victim-12345"') as string,
      "digest does not match the content: the file was changed",
    ]);
  });

  test.each(["seen", "decision", "undo"] as const)("never shows as pending what has a bad %s file", async (part) => {
    const of = newQueue();
    const { proposal } = await createProposal(of, question(), NOW);
    const where = queueFile(queueFolders(of).queue, proposal.id, part);
    writeFileSync(where, '{"version": 2}');
    const { items, problems } = await readQueue(of);
    expect(items).toEqual([]);
    expect(problems).toEqual([{ where, message: expect.any(String) as string }]);
    await expect(readProposal(of, proposal.id)).rejects.toMatchObject({ code: "invalid", where });
  });

  test("does not take a decision that was made for another content", async () => {
    const of = newQueue();
    const one = (await createProposal(of, question("one"), NOW)).proposal;
    const decision = await decide(of, approval(one), NOW);
    const two = (await createProposal(of, question("two"), later(1))).proposal;
    const where = queueFile(queueFolders(of).queue, two.id, "decision");
    writeFileSync(where, JSON.stringify({ ...decision, id: two.id }));
    expect((await readQueue(of)).problems).toEqual([
      { where, message: expect.stringContaining("digest is not that of the proposal") as string },
    ]);
  });

  test("shows no control characters of a bad file in its problem", async () => {
    const of = newQueue();
    const { queue } = queueFolders(of);
    mkdirSync(queue, { recursive: true });
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: "binary" }), async (value, key) => {
        writeFileSync(join(queue, "0123456789-any.proposal.json"), JSON.stringify({ [key]: value, kind: "question" }));
        const { items, problems } = await readQueue(of);
        expect(items).toEqual([]);
        // oxlint-disable-next-line no-control-regex -- controls are what must not be there
        expect(problems[0]?.message).toMatch(/^[^\u0000-\u001f\u007f-\u009f]+$/u);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the archive", () => {
  test("keeps all files of a proposal, which is still found by its id", async () => {
    const of = newQueue();
    const { proposal } = await createProposal(of, blocked(), NOW);
    await createProposal(of, blocked(), later(1));
    await decide(of, approval(proposal), NOW);
    const before = await readProposal(of, proposal.id);
    await archive(of, proposal.id);
    expect((await readQueue(of)).items).toEqual([]);
    expect(await readProposal(of, proposal.id)).toEqual(before);
    expect(readdirSync(queueFolders(of).archive)).toHaveLength(3);
    await archive(of, proposal.id);
    expect(await readProposal(of, proposal.id)).toEqual(before);
  });

  test("takes none that still waits", async () => {
    const of = newQueue();
    const { proposal } = await createProposal(of, blocked(), NOW);
    await expect(archive(of, proposal.id)).rejects.toMatchObject({ code: "refused" });
  });

  test.each([1, 2, 3, 4, 5])("is whole again after a move that was cut short at step %i", async (steps) => {
    const of = newQueue();
    const { proposal } = await createProposal(of, blocked(), NOW);
    await createProposal(of, blocked(), later(1));
    await decide(of, approval(proposal), NOW);
    const before = await readProposal(of, proposal.id);
    const { queue, archive: folder } = queueFolders(of);
    const source = `
      import { link, rm } from "node:fs/promises";
      import { archive } from "#lib/store/archive.ts";
      import fs from "node:fs/promises";
      import { syncBuiltinESMExports } from "node:module";
      const [root, slug, id, steps] = process.argv.slice(-4);
      let left = Number(steps);
      const counted = (call) => async (...args) => {
        if (String(args[0]).includes(id) && left-- === 0) process.kill(process.pid, "SIGKILL");
        return await call(...args);
      };
      fs.link = counted(link);
      fs.rm = counted(rm);
      syncBuiltinESMExports();
      await archive({ root, slug }, id);
    `;
    const child = runModule(source, [of.root, of.slug, proposal.id, String(steps)]);
    await new Promise((resolve) => child.once("exit", resolve));
    expect(child.signalCode).toBe("SIGKILL");
    expect(await readProposal(of, proposal.id)).toEqual(before);
    await archive(of, proposal.id);
    expect(await readProposal(of, proposal.id)).toEqual(before);
    for (const part of QUEUE_PARTS) expect(readdirSync(queue)).not.toContain(`${proposal.id}.${part}.json`);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  test("of 10,000 is listed without opening a file, and read only as far as it is asked for", async () => {
    const of = newQueue();
    const { archive: folder } = queueFolders(of);
    const { proposal } = await createProposal(of, question(), NOW);
    await decide(of, approval(proposal, { notes: "x" }), NOW);
    await archive(of, proposal.id);
    for (let index = 0; index < 10_000; index++)
      writeFileSync(queueFile(folder, `1${String(index).padStart(9, "0")}`, "proposal"), "never read");
    rmSync(queueFile(folder, "1000009999", "proposal"));
    const start = performance.now();
    const ids = await archivedIds(of);
    const newest = await readArchive(of).next();
    const spent = performance.now() - start;
    expect(ids).toHaveLength(10_000);
    expect(newest.value).toMatchObject({ message: "is not JSON" });
    expect(spent).toBeLessThan(1000);
    expect((await readQueue(of)).items).toEqual([]);
  });
});

test("knows its own file names and nobody else's", () => {
  expect(parseQueueFile("0123456789-abc.decision.json")).toEqual({ id: "0123456789-abc", part: "decision" });
  fc.assert(
    fc.property(fc.string(), (name) => {
      const file = parseQueueFile(name);
      if (file !== undefined) expect(name).toBe(`${file.id}.${file.part}.json`);
      expect(name.includes("/") && file !== undefined).toBe(false);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (id) => {
      const make = () => queueFile("/q", id, "proposal");
      if (!/^[0-9A-Za-z-]+$/.test(id)) expect(make).toThrow(/not the id of a proposal/);
    }),
  );
});

test("lists the bottles that have a queue", async () => {
  const of = newQueue("b-12345");
  await createProposal(of, question(), NOW);
  await createProposal({ ...of, slug: "a-12345" }, question(), NOW);
  expect(await slugsWithQueue(join(of.root, "queue"))).toEqual(["a-12345", "b-12345"]);
});

describe("uses", () => {
  test("are none without the file, and a problem with a bad one", async () => {
    const of = newQueue();
    expect(await readUses(of)).toEqual({ uses: {} });
    mkdirSync(join(of.root, "state", of.slug, "egress"), { recursive: true });
    const where = join(of.root, "state", of.slug, "egress", "uses.json");
    writeFileSync(where, '{"x": {"count": 0}}');
    expect(await readUses(of)).toEqual({
      uses: {},
      problem: { where, message: expect.stringContaining("x.count") as string },
    });
    const use = { count: 1, first_at: NOW.toISOString(), last_at: NOW.toISOString() };
    writeFileSync(where, JSON.stringify({ x: use }));
    expect(await readUses(of)).toEqual({ uses: { x: use } });
  });
});
