import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { approve, reject } from "#core/decide/decide.ts";
import { applyDecision } from "#core/decide/apply.ts";
import { completeUnfinished, createCompleter } from "#core/decide/complete.ts";
import { type Desk, openDesk } from "#core/decide/desk.ts";
import { undoDecision } from "#core/decide/undo.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readAuditLog, verifyAuditLog } from "#lib/store/audit-log.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { decide } from "#lib/store/decide.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { readProposal, readQueue } from "#lib/store/read-queue.ts";
import { changeRoutes, readRoutes } from "#lib/store/routes-file.ts";
import { undo } from "#lib/store/undo.ts";
import { type FakeProxy, fakeProxy, runningBottle } from "#tests/helpers/fake-proxy.ts";
import {
  approval,
  blocked,
  later,
  newQueue,
  NOW,
  outputOf,
  printed,
  question,
  runModule,
} from "#tests/helpers/store.ts";

const SESSION = { scope: "session" } as const;
let of: QueueOf;
let desk: Desk;
let proxy: FakeProxy | undefined;

beforeEach(async () => {
  of = newQueue();
  desk = { ...openDesk(of.root, () => NOW), liveWithin: 300 };
  await runningBottle(of);
  proxy = await fakeProxy(of);
});

afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
});

async function asked(draft = blocked({ methods: ["GET"], path_allowlist: ["/repos/acme/"] })): Promise<Proposal> {
  return (await createProposal(of, draft, NOW)).proposal;
}

async function withProxy(manner: "stuck" | "refusing" | "none"): Promise<void> {
  await proxy?.stop();
  proxy = manner === "none" ? undefined : await fakeProxy(of, manner);
}

const routes = async () => (await readRoutes(of)).table.routes;
const yes = ({ id, digest }: Proposal, more: object = {}) =>
  approve(desk, of.slug, id, { digest, ...SESSION, ...more });

describe("approving a route", () => {
  test("makes exactly the rule live, and says so only when the proxy shows it", async () => {
    const proposal = await asked();
    const decision = await yes(proposal, { notes: "ok" });
    const route = {
      host: "api.example.com",
      methods: ["GET"],
      path_allowlist: ["/repos/acme/"],
      decision: proposal.id,
    };
    expect(decision).toMatchObject({
      status: "approved",
      notes: "ok",
      applied: { ok: true, detail: "live", policy_version: 2 },
    });
    expect(await routes()).toEqual([route]);
    expect(proxy?.routes()).toEqual([route]);
    expect((await readProposal(of, proposal.id)).decision).toEqual(decision);
  });

  test("writes host and port as the table has them", async () => {
    await yes(await asked(blocked({ host: "API.Example.com.", port: 8443 })));
    expect(await routes()).toMatchObject([{ host: "api.example.com", port: 8443 }]);
  });

  test("once lasts for one request and at most ten minutes", async () => {
    const first = await yes(await asked(), { scope: "once" });
    expect(first.expires_at).toBe(later(600).toISOString());
    expect(await routes()).toMatchObject([{ once: true, expires_at: later(600).toISOString() }]);
    const second = await yes(await asked(question()), { scope: "once", notes: "x" });
    expect(second.expires_at).toBeUndefined();
    const third = await yes(await asked(blocked({ host: "b.example.com" })), {
      scope: "once",
      expiresAt: later(60).toISOString(),
    });
    expect(third.expires_at).toBe(later(60).toISOString());
    const fourth = await yes(await asked(blocked({ host: "c.example.com" })), {
      scope: "once",
      expiresAt: later(86_400).toISOString(),
    });
    expect(fourth.expires_at).toBe(later(600).toISOString());
  });

  test("for the session lasts until the time that the operator says", async () => {
    await yes(await asked(), { expiresAt: later(60).toISOString() });
    expect(await routes()).toMatchObject([{ expires_at: later(60).toISOString() }]);
    await expect(
      yes(await asked(blocked({ host: "b.example.com" })), { expiresAt: NOW.toISOString() }),
    ).rejects.toMatchObject({ code: "invalid" });
    await expect(yes(await asked(blocked({ host: "b.example.com" })), { expiresAt: "soon" })).rejects.toMatchObject({
      code: "invalid",
    });
  });

  test("changed by the operator adds the changed rule, and only that", async () => {
    const proposal = await asked();
    const payload = { host: "api.example.com", methods: ["GET"], path_allowlist: ["/repos/acme/docs/"] };
    const decision = await yes(proposal, { payload });
    expect(decision).toMatchObject({ status: "modified", final_payload: payload });
    expect(await routes()).toMatchObject([{ path_allowlist: ["/repos/acme/docs/"] }]);
  });

  test("with an edit that changes nothing is a plain approval", async () => {
    const proposal = await asked(blocked({ methods: ["GET"], method: "GET", path: "/x", count: 3 }));
    expect(await yes(proposal, { payload: { host: "api.example.com", methods: ["GET"] } })).toMatchObject({
      status: "approved",
    });
  });

  test.each([
    ["no rule", { host: "" }],
    ["an address", { host: "10.0.0.1" }],
    ["an unknown key", { host: "a.example.com", hots: 1 }],
    ["a path with dots", { host: "a.example.com", path_allowlist: ["/a/../b"] }],
    ["another kind", { text: "yes" }],
    ["nothing", null],
  ])("refuses an edit to %s before anything is decided", async (_name, payload) => {
    const proposal = await asked();
    await expect(yes(proposal, { payload })).rejects.toMatchObject({ code: "invalid" });
    expect((await readProposal(of, proposal.id)).decision).toBeNull();
    expect(await routes()).toEqual([]);
  });

  test("refuses a rule that the proxy would not take, such as for an address", async () => {
    const proposal = await asked(blocked({ host: "169.254.169.254" }));
    await expect(yes(proposal)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("address") as string,
    });
    expect((await readProposal(of, proposal.id)).decision).toBeNull();
  });

  test("refuses another digest, a second decision and an unknown id", async () => {
    const proposal = await asked();
    await expect(yes({ ...proposal, digest: `sha256:${"0".repeat(64)}` })).rejects.toMatchObject({ code: "invalid" });
    await yes(proposal);
    await expect(yes(proposal)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(desk.decidedBy) as string,
    });
    await expect(yes({ ...proposal, id: "0123456789-none" })).rejects.toMatchObject({ code: "not-found" });
    expect(await routes()).toHaveLength(1);
  });

  test("is in the audit trail: who decided, what became live", async () => {
    const proposal = await asked();
    await yes(proposal);
    const entries = await readAuditLog(of);
    expect(entries.map(({ action, actor }) => [action, actor])).toEqual([
      ["decision", desk.actor],
      ["policy-applied", desk.actor],
    ]);
    expect(entries[0]?.detail).toBe(
      `approved ${proposal.id} (session): GET on https://api.example.com:443, only below /repos/acme/`,
    );
    expect(entries[1]?.diff).toBe("+ - host: api.example.com\n+   methods: [GET]\n+   path_allowlist: [/repos/acme/]");
    expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 2 });
  });
});

describe("an approval that cannot be made live", () => {
  test.each([
    ["does not answer", "none", "its egress proxy does not answer; the rule was taken back"],
    ["keeps its old table", "stuck", "its egress proxy did not take the new table; the rule was taken back"],
    [
      "refuses the new table",
      "refusing",
      "its egress proxy refused the new table (routes.yaml:3: it is Tuesday); the rule was taken back",
    ],
  ] as const)(
    "because the proxy %s says so, and leaves no rule that could come alive later",
    async (_name, manner, detail) => {
      await withProxy(manner);
      const proposal = await asked();
      expect((await yes(proposal)).applied).toEqual({ ok: false, detail });
      expect(await routes()).toEqual([]);
      expect((await readAuditLog(of)).at(-1)?.detail).toContain(`not applied ${proposal.id}`);
    },
  );

  test("does not wait for a bottle whose agent has ended", async () => {
    await withProxy("none");
    const { agent } = bottlePaths(of.root, of.slug);
    mkdirSync(agent.dir, { recursive: true });
    writeFileSync(agent.exit, "{}");
    const slow = { ...desk, liveWithin: 60_000 };
    const { id, digest } = await asked();
    const decision = await approve(slow, of.slug, id, { digest, ...SESSION });
    expect(decision.applied).toEqual({
      ok: false,
      detail: "the bottle does not run any more; the rule was taken back",
    });
  });

  test("because the bottle is gone says so, and does not make it again", async () => {
    const proposal = await asked();
    await withProxy("none");
    rmSync(bottlePaths(of.root, of.slug).state, { recursive: true });
    expect((await yes(proposal)).applied).toEqual({ ok: false, detail: "the bottle is gone: nothing was changed" });
    expect(() => readFileSync(bottlePaths(of.root, of.slug).egress.routes)).toThrow("ENOENT");
  });

  test("waits for a proxy that is being restarted", async () => {
    await withProxy("none");
    const patient = { ...desk, liveWithin: 10_000 };
    const { id, digest } = await asked();
    const deciding = approve(patient, of.slug, id, { digest, ...SESSION });
    await expect.poll(async () => (await routes()).length).toBe(1);
    proxy = await fakeProxy(of);
    expect((await deciding).applied).toMatchObject({ ok: true });
  });
});

describe("a credential", () => {
  const GITHUB =
    "---\negress:\n  routes:\n    - host: api.github.com\n      auth: {scheme: Bearer, token_ref: GH_PAT}\n---\n";
  const auth = { scheme: "Bearer", token_ref: "GH_PAT" };

  test("goes by the slot that the running proxy has for it", async () => {
    await proxy?.stop();
    await runningBottle(of, [{ host: "api.github.com", auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_3" } }], GITHUB);
    proxy = await fakeProxy(of);
    await yes(await asked(blocked({ host: "uploads.github.com", auth })));
    expect(await routes()).toMatchObject([
      {},
      { host: "uploads.github.com", auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_3" } },
    ]);
    expect(readFileSync(bottlePaths(of.root, of.slug).egress.routes, "utf8")).not.toContain("GH_PAT");
  });

  test("is refused where the bottle's provider brings another one to its host", async () => {
    await proxy?.stop();
    await runningBottle(of, [{ host: "api.github.com", auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } }], GITHUB);
    proxy = await fakeProxy(of);
    const record = { version: 1, credentials: [], slots: { EGRESS_TOKEN_0: "LOGIN_OF_THIS_MACHINE" } };
    writeFileSync(bottlePaths(of.root, of.slug).credentials, JSON.stringify(record));
    await expect(yes(await asked(blocked({ host: "uploads.github.com", auth })))).rejects.toMatchObject({
      code: "refused",
    });
    expect(await routes()).toHaveLength(1);
  });

  test("that the bottle was not given is refused before anything is decided", async () => {
    const proposal = await asked(blocked({ auth: { scheme: "Bearer", token_ref: "AWS_SECRET" } }));
    await expect(yes(proposal)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("AWS_SECRET") as string,
    });
    expect((await readProposal(of, proposal.id)).decision).toBeNull();
  });
});

describe("keeping a route in the definition", () => {
  const file = () => `${of.root}/bottles/dev.md`;

  test("writes it there as well, and undo takes exactly it back", async () => {
    const text = "---\n# what it may reach\negress:\n  routes:\n    - host: a.example.com # ours\n---\nbody\n";
    await proxy?.stop();
    await runningBottle(of, [{ host: "a.example.com" }], text);
    proxy = await fakeProxy(of);
    const proposal = await asked();
    const decision = await yes(proposal, { scope: "manifest" });
    expect(decision.applied).toMatchObject({ ok: true, detail: `live, and kept in ${file()}` });
    const kept = readFileSync(file(), "utf8");
    expect(kept).toContain("# what it may reach");
    expect(kept).toContain("api.example.com");
    await undoDecision(desk, of.slug, proposal.id, "");
    expect(readFileSync(file(), "utf8")).toBe(text);
    expect(await routes()).toEqual([{ host: "a.example.com" }]);
  });

  test("that cannot be done leaves it live for the session, and says why it was not kept", async () => {
    writeFileSync(file(), "no front matter");
    const decision = await yes(await asked(), { scope: "manifest" });
    expect(decision.applied).toMatchObject({
      ok: true,
      detail: expect.stringContaining("live, but not kept: ") as string,
    });
    expect(proxy?.routes()).toHaveLength(1);
  });

  test("does not happen when the route is not live", async () => {
    await withProxy("stuck");
    const before = readFileSync(file(), "utf8");
    await yes(await asked(), { scope: "manifest" });
    expect(readFileSync(file(), "utf8")).toBe(before);
  });

  test("tells when the definition was changed by hand before the undo", async () => {
    const proposal = await asked();
    await yes(proposal, { scope: "manifest" });
    writeFileSync(file(), "---\negress:\n  routes: []\n---\n");
    const undone = await undoDecision(desk, of.slug, proposal.id, "");
    expect(undone.applied).toMatchObject({
      ok: false,
      detail: expect.stringContaining("not in the definition") as string,
    });
    expect(await routes()).toEqual([]);
  });
});

describe("questions", () => {
  test("are answered by the notes, at once and without the proxy", async () => {
    await withProxy("none");
    const decision = await yes(await asked(question("Which?", ["a", "b"])), { notes: "a" });
    expect(decision).toMatchObject({ status: "approved", notes: "a", applied: { ok: true, detail: "answered" } });
  });

  test("need an answer", async () => {
    await expect(yes(await asked(question()), { notes: " " })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("answer") as string,
    });
  });

  test("can be rejected, with a reason that the agent reads", async () => {
    const { id, digest } = await asked(question());
    expect(await reject(desk, of.slug, id, { digest, reason: "not now" })).toMatchObject({
      status: "rejected",
      notes: "not now",
    });
  });

  test("keep their answer: the agent has read it", async () => {
    const proposal = await asked(question());
    await yes(proposal, { notes: "a" });
    await expect(undoDecision(desk, of.slug, proposal.id, "")).rejects.toMatchObject({ code: "refused" });
    expect((await readProposal(of, proposal.id)).undo).toBeNull();
  });
});

describe("rejecting", () => {
  test("changes no table", async () => {
    const { id, digest } = await asked();
    const decision = await reject(desk, of.slug, id, { digest, reason: "use the mirror" });
    expect(decision).toMatchObject({ status: "rejected", notes: "use the mirror" });
    expect(await routes()).toEqual([]);
    expect((await readAuditLog(of)).map(({ action, diff }) => [action, diff])).toEqual([["decision", undefined]]);
  });
});

describe("undoing", () => {
  test("removes exactly the route that the decision added, live", async () => {
    const first = await asked();
    const second = await asked(blocked({ host: "b.example.com" }));
    await yes(first);
    await yes(second);
    await changeRoutes(of, (table) => ({
      ...table,
      routes: [...table.routes, { host: "api.example.com", methods: ["GET"] }],
    }));
    const undone = await undoDecision(desk, of.slug, first.id, "oops");
    expect(undone).toMatchObject({ notes: "oops", applied: { ok: true, detail: "its route is gone" } });
    expect(proxy?.routes()).toEqual([
      { host: "b.example.com", decision: second.id },
      { host: "api.example.com", methods: ["GET"] },
    ]);
    expect((await readAuditLog(of)).at(-1)).toMatchObject({
      action: "undo",
      diff: expect.stringContaining("- - host: api.example.com") as string,
    });
  });

  test("happens once", async () => {
    const proposal = await asked();
    await yes(proposal);
    await undoDecision(desk, of.slug, proposal.id, "");
    await expect(undoDecision(desk, of.slug, proposal.id, "")).rejects.toMatchObject({ code: "conflict" });
  });

  test("needs a decision", async () => {
    const { id } = await asked();
    await expect(undoDecision(desk, of.slug, id, "")).rejects.toMatchObject({ code: "refused" });
  });

  test("of a rejection asks again, under a new id that names the old one", async () => {
    const held = await asked(
      blocked({}, { origin: "held-request", deadline: later(60).toISOString(), justification: "please" }),
    );
    await reject(desk, of.slug, held.id, { digest: held.digest, reason: "no" });
    const undone = await undoDecision(desk, of.slug, held.id, "");
    const again = await readProposal(of, undone.reopened_as ?? "");
    expect(again.proposal).toMatchObject({
      reopens: held.id,
      payload: held.payload,
      justification: "please",
      origin: "blocked-request",
    });
    expect(again.proposal.deadline).toBeUndefined();
    expect(again.decision).toBeNull();
  });

  test("works while the proxy is down: it starts with the table on disk", async () => {
    const proposal = await asked();
    await yes(proposal);
    await withProxy("none");
    expect((await undoDecision(desk, of.slug, proposal.id, "")).applied).toEqual({
      ok: true,
      detail: "its route is gone; the proxy does not run",
    });
    expect(await routes()).toEqual([]);
  });

  test("says so when the proxy keeps the route", async () => {
    const proposal = await asked();
    await yes(proposal);
    await withProxy("stuck");
    expect((await undoDecision(desk, of.slug, proposal.id, "")).applied).toMatchObject({ ok: false });
  });

  test("works when the bottle is gone", async () => {
    const proposal = await asked();
    await yes(proposal);
    await withProxy("none");
    rmSync(bottlePaths(of.root, of.slug).state, { recursive: true });
    expect((await undoDecision(desk, of.slug, proposal.id, "")).applied).toMatchObject({
      ok: true,
      detail: expect.stringContaining("gone") as string,
    });
  });
});

describe("a decision that its decider left unfinished", () => {
  const item = async ({ id }: Proposal): Promise<InboxItem> => ({ ...(await readProposal(of, id)), use: null });

  test("is made live by the next who sees it", async () => {
    const proposal = await asked();
    await decide(of, approval(proposal), NOW);
    await completeUnfinished(desk, await item(proposal));
    expect((await item(proposal)).decision?.applied).toMatchObject({ ok: true });
    expect(proxy?.routes()).toHaveLength(1);
  });

  test("gets no second route when the first was written already", async () => {
    const proposal = await asked();
    await decide(of, approval(proposal), NOW);
    await changeRoutes(of, (table) => ({ ...table, routes: [{ host: "api.example.com", decision: proposal.id }] }));
    await completeUnfinished(desk, await item(proposal));
    expect(await routes()).toHaveLength(1);
    expect((await item(proposal)).decision?.applied?.ok).toBe(true);
  });

  test("is not made live long after: the operator would not expect it", async () => {
    const proposal = await asked();
    await decide(of, approval(proposal), NOW);
    await completeUnfinished({ ...desk, now: () => later(121) }, await item(proposal));
    expect((await item(proposal)).decision?.applied).toMatchObject({
      ok: false,
      detail: expect.stringContaining("approve it again") as string,
    });
    expect(await routes()).toEqual([]);
  });

  test("is not made live when its time is over", async () => {
    const proposal = await asked();
    await decide(of, approval(proposal, { expires_at: later(30).toISOString() }), NOW);
    await completeUnfinished({ ...desk, now: () => later(31) }, await item(proposal));
    expect((await item(proposal)).decision?.applied).toMatchObject({
      ok: false,
      detail: expect.stringContaining("time was over") as string,
    });
  });

  test("that was used meanwhile needs no route any more", async () => {
    const proposal = await asked();
    await decide(of, approval(proposal, { scope: "once" }), NOW);
    const use = { count: 1, first_at: NOW.toISOString(), last_at: NOW.toISOString() };
    writeFileSync(bottlePaths(of.root, of.slug).egress.uses, JSON.stringify({ [proposal.id]: use }));
    await completeUnfinished(desk, await item(proposal));
    expect((await item(proposal)).decision?.applied).toMatchObject({
      ok: true,
      detail: expect.stringContaining("used it") as string,
    });
    expect(await routes()).toEqual([]);
  });

  test("is settled by an undo, which finishes both", async () => {
    const proposal = await asked();
    await decide(of, approval(proposal), NOW);
    await changeRoutes(of, (table) => ({ ...table, routes: [{ host: "api.example.com", decision: proposal.id }] }));
    await undoDecision(desk, of.slug, proposal.id, "");
    expect((await item(proposal)).decision?.applied).toMatchObject({
      ok: false,
      detail: "undone before it took effect",
    });
    expect(await routes()).toEqual([]);
  });

  test("may be an undo: its route goes, or the rejected is asked again, once", async () => {
    const kept = await asked();
    await yes(kept);
    const draft = (proposal: Proposal) => ({
      id: proposal.id,
      digest: proposal.digest,
      notes: "",
      decided_by: "dead@desk (1)",
    });
    await undo(of, draft(kept), NOW);
    await completeUnfinished(desk, await item(kept));
    expect(await routes()).toEqual([]);
    const refused = await asked(question());
    await reject(desk, of.slug, refused.id, { digest: refused.digest, reason: "" });
    await undo(of, draft(refused), NOW);
    await createProposal(of, { ...question(), reopens: refused.id }, NOW); // so far its maker came
    await completeUnfinished(desk, await item(refused));
    expect((await readQueue(of)).items.filter(({ proposal }) => proposal.reopens === refused.id)).toHaveLength(1);
    expect((await item(refused)).undo?.reopened_as).toBeDefined();
  });

  test("is found by the completer when its grace is over, not before", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const proposal = await asked();
      await decide(of, approval(proposal), NOW);
      const failed = vi.fn();
      const completer = createCompleter(desk, failed);
      completer.look({ inbox: [await item(proposal)] });
      await vi.advanceTimersByTimeAsync(9000);
      expect((await item(proposal)).decision?.applied).toBeUndefined();
      await vi.advanceTimersByTimeAsync(2000);
      vi.useRealTimers();
      await expect.poll(async () => (await item(proposal)).decision?.applied?.ok).toBe(true);
      completer.close();
      expect(failed).not.toHaveBeenCalled();
    } finally {
      vi.useRealTimers();
    }
  });

  test("by SIGKILL right after it was made is live in the end, once", async () => {
    const proposal = await asked();
    const child = runModule(
      `
      import { approve } from "#core/decide/decide.ts";
      import { openDesk } from "#core/decide/desk.ts";
      const [root, slug, id, digest] = process.argv.slice(-4);
      const desk = { ...openDesk(root), egressStatus: () => { process.kill(process.pid, "SIGKILL"); return new Promise(() => {}); } };
      await approve(desk, slug, id, { digest, scope: "session" });
    `,
      [of.root, of.slug, proposal.id, proposal.digest],
    );
    await new Promise((resolve) => child.once("exit", resolve));
    expect(child.signalCode).toBe("SIGKILL");
    const left = await item(proposal);
    expect(left.decision?.applied).toBeUndefined();
    await completeUnfinished({ ...desk, now: () => new Date() }, left);
    expect((await item(proposal)).decision?.applied?.ok).toBe(true);
    expect(await routes()).toHaveLength(1);
  });
});

test("two dashboards that decide at once make one decision and one route", async () => {
  const proposal = await asked();
  const source = `
    import { approve } from "#core/decide/decide.ts";
    import { openDesk } from "#core/decide/desk.ts";
    const [root, slug, id, digest] = process.argv.slice(-4);
    process.stdin.once("data", async () => {
      const said = await approve(openDesk(root), slug, id, { digest, scope: "session" }).then((decision) => decision.applied.detail, (error) => error.code + ": " + error.message);
      console.log(said);
      process.exit(0);
    });
    console.log("ready");
  `;
  const children = [1, 2].map(() => runModule(source, [of.root, of.slug, proposal.id, proposal.digest]));
  const outputs = children.map((child) => outputOf(child));
  await Promise.all(children.map((child) => printed(child, "ready")));
  for (const child of children) child.stdin?.write("go\n");
  const said = (await Promise.all(outputs)).map((text) => text.trim().split("\n").at(-1) ?? "").toSorted();
  expect(said).toEqual([expect.stringMatching(/^conflict: .* approved already, by .*@/), "live"]);
  expect(await routes()).toHaveLength(1);
  expect(await verifyAuditLog(of)).toEqual({ ok: true, entries: 2 });
});

test("applying again what is applied changes nothing", async () => {
  const proposal = await asked();
  const decision = await yes(proposal);
  expect(await applyDecision(desk, of.slug, proposal.id)).toEqual(decision);
  expect(await routes()).toHaveLength(1);
});
