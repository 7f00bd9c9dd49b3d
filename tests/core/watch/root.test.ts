import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, describe, expect, test, vi } from "vitest";

import { scanRoot } from "#core/watch/scan-root.ts";
import { watchRoot } from "#core/watch/root.ts";
import type { FleetEvent } from "#domain/fleet/event.ts";
import type { Fleet } from "#domain/fleet/fleet.ts";
import { emptyFleet, reduceFleet } from "#domain/fleet/reduce.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { bottlePaths } from "#lib/paths.ts";
import { archive } from "#lib/store/archive.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { decide, setApplied } from "#lib/store/decide.ts";
import { queueFile, queueFolders } from "#lib/store/queue-files.ts";
import { undo } from "#lib/store/undo.ts";
import { approval, blocked, later, newRoot, NOW, question } from "#tests/helpers/store.ts";

const SLUG = "demo-abc12";
let abort: AbortController | undefined;

afterEach(() => abort?.abort());

const metadata = (more: object = {}) =>
  JSON.stringify({ identity: "x", agent_name: "demo", started_at: NOW.toISOString(), ...more });

async function newBottle(root: string, slug = SLUG): Promise<void> {
  const { agent, egress, metadata: path } = bottlePaths(root, slug);
  mkdirSync(agent.dir, { recursive: true });
  mkdirSync(egress.dir, { recursive: true });
  await writeAtomic(path, metadata());
}

/** The fleet as it comes to be from what the watch tells. */
async function watched(root: string) {
  abort = new AbortController();
  const events: FleetEvent[] = [];
  let fleet: Fleet = emptyFleet;
  await watchRoot(
    root,
    (event) => {
      events.push(event);
      fleet = reduceFleet(fleet, event, NOW);
    },
    abort.signal,
  );
  return {
    events,
    fleet: () => fleet,
    row: (slug = SLUG) => fleet.bottles.find((row) => row.slug === slug),
    item: (id: string) => fleet.inbox.find(({ proposal }) => proposal.id === id),
    until: async (check: () => void) => await vi.waitFor(check, { timeout: 5000, interval: 5 }),
  };
}

describe("watching the root", () => {
  test("makes its folders, and finds nothing in an empty one", async () => {
    const root = newRoot();
    expect((await watched(root)).events).toEqual([]);
  });

  test("tells first all that is there, and has told it when it resolves", async () => {
    const root = newRoot();
    await newBottle(root);
    const { isolation, agent, egress } = bottlePaths(root, SLUG);
    await writeAtomic(isolation, JSON.stringify({ mechanism: "bubblewrap", proved_at: NOW.toISOString(), checks: [] }));
    await writeAtomic(
      agent.exit,
      JSON.stringify({ at: NOW.toISOString(), exit_code: 3, signal: null, reason: "exited" }),
    );
    const { proposal } = await createProposal({ root, slug: SLUG }, blocked(), NOW);
    await createProposal({ root, slug: SLUG }, blocked(), later(1));
    await decide({ root, slug: SLUG }, approval(proposal), later(2));
    const use = { count: 2, first_at: NOW.toISOString(), last_at: NOW.toISOString() };
    await writeAtomic(egress.uses, JSON.stringify({ [proposal.id]: use }));
    const { fleet } = await watched(root);
    expect(fleet().bottles).toMatchObject([
      { slug: SLUG, state: "crashed", exit_code: 3, isolation: { mechanism: "bubblewrap" }, pending: 0 },
    ]);
    expect(fleet().inbox).toMatchObject([{ seen: { count: 2 }, decision: { status: "approved" }, use }]);
    expect(fleet().problems).toEqual({});
  });

  test("tells of a bottle that comes, changes and goes", async () => {
    const root = newRoot();
    const { until, row } = await watched(root);
    await newBottle(root);
    await until(() => expect(row()).toMatchObject({ agent: "demo", label: "" }));
    await writeAtomic(bottlePaths(root, SLUG).metadata, metadata({ label: "mine" }));
    await until(() => expect(row()).toMatchObject({ label: "mine" }));
    rmSync(bottlePaths(root, SLUG).state, { recursive: true });
    await until(() => expect(row()).toBeUndefined());
    await newBottle(root);
    await until(() => expect(row()).toBeDefined());
  });

  test("follows files in folders that come later, and come again", async () => {
    const root = newRoot();
    const { state, metadata: path, agent } = bottlePaths(root, SLUG);
    mkdirSync(state, { recursive: true });
    const { until, row } = await watched(root);
    writeFileSync(path, metadata());
    await until(() => expect(row()).toBeDefined());
    for (const code of [0, 7]) {
      rmSync(agent.dir, { recursive: true, force: true });
      await writeAtomic(
        agent.exit,
        JSON.stringify({ at: later(code).toISOString(), exit_code: code, signal: null, reason: "exited" }),
      );
      await until(() => expect(row()?.exit_code).toBe(code));
    }
  });

  test("tells what the agent says of itself, and how the bottle ended", async () => {
    const root = newRoot();
    await newBottle(root);
    const { until, row, events } = await watched(root);
    const { agent } = bottlePaths(root, SLUG);
    await writeAtomic(
      agent.state,
      JSON.stringify({ state: "waiting", detail: "asks", event: "Notification", at: NOW.toISOString() }),
    );
    await until(() =>
      expect(row()?.activity).toMatchObject({
        activity: "waiting",
        at: NOW.toISOString(),
        authority: "agent",
        detail: "asks",
        rule: "Notification",
      }),
    );
    await writeAtomic(
      agent.exit,
      JSON.stringify({ at: NOW.toISOString(), exit_code: null, signal: "SIGKILL", reason: "stopped" }),
    );
    await until(() => expect(row()?.state).toBe("stopped"));
    expect(events.filter(({ type }) => type === "problem")).toEqual([]);
  });

  test("tells the whole story of a proposal, step by step", async () => {
    const root = newRoot();
    const of = { root, slug: SLUG };
    await newBottle(root);
    const { until, item, row, events } = await watched(root);
    const { proposal } = await createProposal(of, blocked(), NOW);
    await until(() => expect(row()?.pending).toBe(1));
    await createProposal(of, blocked(), later(1));
    await until(() => expect(item(proposal.id)?.seen?.count).toBe(2));
    await decide(of, approval(proposal), later(2));
    await until(() => expect(item(proposal.id)?.decision?.status).toBe("approved"));
    expect(row()?.pending).toBe(0);
    await setApplied(of, proposal.id, { ok: true, detail: "live" });
    await until(() => expect(item(proposal.id)?.decision?.applied?.ok).toBe(true));
    const use = { count: 1, first_at: NOW.toISOString(), last_at: NOW.toISOString() };
    await writeAtomic(bottlePaths(root, SLUG).egress.uses, JSON.stringify({ [proposal.id]: use }));
    await until(() => expect(item(proposal.id)?.use).toEqual(use));
    await undo(of, { id: proposal.id, digest: proposal.digest, notes: "", decided_by: "x" }, later(3));
    await until(() => expect(item(proposal.id)?.undo).not.toBeNull());
    await archive(of, proposal.id);
    await until(() => expect(item(proposal.id)).toBeUndefined());
    expect(events.filter(({ type }) => type === "problem")).toEqual([]);
  });

  test("shows a new proposal at once", async () => {
    const root = newRoot();
    await newBottle(root);
    const { item } = await watched(root);
    const { proposal } = await createProposal({ root, slug: SLUG }, question(), NOW);
    const start = performance.now();
    await expect.poll(() => item(proposal.id), { interval: 1 }).toBeDefined();
    expect(performance.now() - start).toBeLessThan(1000); // the benchmark measures how fast
  });

  test("tells again of a proposal whose deadline passes, though no file changes", async () => {
    const root = newRoot();
    const now = new Date();
    await newBottle(root);
    await createProposal(
      { root, slug: SLUG },
      blocked({}, { deadline: new Date(now.getTime() + 300).toISOString() }),
      now,
    );
    const { until, events } = await watched(root);
    const told = () => events.filter(({ type }) => type === "proposal").length;
    expect(told()).toBe(1);
    await until(() => expect(told()).toBe(2));
    expect(Date.now() - now.getTime()).toBeGreaterThanOrEqual(300);
  });

  test("makes one problem of each bad file, names it, and takes it back when it is mended or gone", async () => {
    const root = newRoot();
    const of = { root, slug: SLUG };
    await newBottle(root);
    const { metadata: path, isolation, egress } = bottlePaths(root, SLUG);
    const { until, fleet, events } = await watched(root);
    const bad = queueFile(queueFolders(of).queue, "0123456789-bad", "proposal");
    await writeAtomic(path, '{"agent_name": 3}');
    await writeAtomic(isolation, "{");
    await writeAtomic(egress.uses, "[]");
    await writeAtomic(bad, '{"kind": "question"}');
    await until(() =>
      expect(Object.keys(fleet().problems).toSorted()).toEqual([path, isolation, egress.uses, bad].toSorted()),
    );
    expect(fleet().problems[isolation]).toBe("is not JSON");
    expect(fleet().problems[bad]).toContain("id: is missing");
    // The row stays: a file that cannot be read just now is no bottle that went away.
    expect(fleet().bottles).toHaveLength(1);
    await writeAtomic(path, metadata());
    rmSync(isolation);
    await writeAtomic(egress.uses, "{}");
    rmSync(bad);
    await until(() => expect(fleet().problems).toEqual({}));
    expect(events.filter(({ type }) => type === "problem")).toHaveLength(4);
  });

  test("makes a problem of a bad decision and leaves its proposal as it was", async () => {
    const root = newRoot();
    const of = { root, slug: SLUG };
    const { proposal } = await createProposal(of, question(), NOW);
    const { until, fleet, item } = await watched(root);
    const file = queueFile(queueFolders(of).queue, proposal.id, "decision");
    writeFileSync(file, "not json");
    await until(() => expect(fleet().problems).toEqual({ [file]: "is not JSON" }));
    expect(item(proposal.id)?.decision).toBeNull();
  });

  test("makes a problem of a folder that is no bottle's, and looks at nothing in it", async () => {
    const root = newRoot();
    mkdirSync(join(root, "state", "Not A Slug", "agent"), { recursive: true });
    writeFileSync(join(root, "state", "Not A Slug", "metadata.json"), metadata());
    mkdirSync(join(root, "state", ".hidden"), { recursive: true });
    writeFileSync(join(root, "state", "a-file"), "");
    const { fleet } = await watched(root);
    expect(fleet().bottles).toEqual([]);
    expect(fleet().problems).toEqual({
      [join(root, "state", "Not A Slug")]: "is not named as a slug: a-z, 0-9, - and _ only",
    });
  });

  test("hears every one of many proposals that come at once", async () => {
    const root = newRoot();
    const slugs = ["a-11111", "b-22222", "c-33333"];
    const { until, fleet } = await watched(root);
    await Promise.all(
      slugs.flatMap((slug) =>
        Array.from({ length: 30 }, (_, index) => createProposal({ root, slug }, question(`${index}`), later(index))),
      ),
    );
    await until(() => expect(fleet().inbox).toHaveLength(90));
  });

  test("says nothing more once it is stopped, and lets the process end", async () => {
    const root = newRoot();
    await newBottle(root);
    const { events } = await watched(root);
    const before = events.length;
    abort?.abort();
    await createProposal({ root, slug: SLUG }, question(), NOW);
    rmSync(bottlePaths(root, SLUG).state, { recursive: true });
    await new Promise(setImmediate);
    expect(events).toHaveLength(before);
  });

  test("takes a thousand bottles in a few seconds, and does not look into their archives or homes", async () => {
    const root = newRoot();
    for (let index = 0; index < 1000; index++) {
      const slug = `a-${String(index).padStart(5, "0")}`;
      const { state, archive: old, agent } = bottlePaths(root, slug);
      mkdirSync(join(state, "egress"), { recursive: true });
      mkdirSync(join(agent.home, "deep"), { recursive: true });
      mkdirSync(old, { recursive: true });
      writeFileSync(join(old, "0123456789-abc.proposal.json"), "never read");
      writeFileSync(join(state, "metadata.json"), metadata({ started_at: later(index).toISOString() }));
    }
    const start = performance.now();
    const { fleet, until, row } = await watched(root);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(fleet().bottles).toHaveLength(1000);
    expect(fleet().problems).toEqual({});
    await createProposal({ root, slug: "a-00999" }, question(), NOW);
    await until(() => expect(row("a-00999")?.pending).toBe(1));
  }, 30_000);
});

describe("scanning the root", () => {
  test("tells the same as the watch does, once", async () => {
    const root = newRoot();
    for (const slug of ["a-11111", "b-22222"]) {
      await newBottle(root, slug);
      const { proposal } = await createProposal({ root, slug }, question(), NOW);
      await decide({ root, slug }, approval(proposal, { status: "rejected" }), NOW);
    }
    await writeAtomic(bottlePaths(root, "a-11111").isolation, "{");
    mkdirSync(join(root, "queue", "Bad Name"));
    let scanned: Fleet = emptyFleet;
    await scanRoot(root, (event) => (scanned = reduceFleet(scanned, event, NOW)));
    expect(scanned).toEqual((await watched(root)).fleet());
    expect(Object.keys(scanned.problems)).toHaveLength(2);
  });

  test("of a root that is not there gives nothing, and makes nothing", async () => {
    const events: FleetEvent[] = [];
    await scanRoot(join(newRoot(), "none"), (event) => events.push(event));
    expect(events).toEqual([]);
  });
});
