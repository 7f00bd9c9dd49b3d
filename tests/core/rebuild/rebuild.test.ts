import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

import { beforeEach, describe, expect, test, vi } from "vitest";

import { completeUnfinished, createCompleter } from "#core/decide/complete.ts";
import { approve } from "#core/decide/decide.ts";
import { type Desk, openDesk } from "#core/decide/desk.ts";
import { undoDecision } from "#core/decide/undo.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import { answerText } from "#domain/proposal/answer.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { decide } from "#lib/store/decide.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { readProposal, readQueue } from "#lib/store/read-queue.ts";
import { type FakeBackend, fakeBackend, type Manner } from "#tests/helpers/fake-backend.ts";
import { runningBottle } from "#tests/helpers/fake-proxy.ts";
import { approval, later, newQueue, NOW, outputOf, printed, runModule } from "#tests/helpers/store.ts";

const OLD = "FROM node:24-slim\nUSER node\n";
const NEW = "FROM node:24-slim\nRUN apt-get install -y jq\nUSER node\n";
const SESSION = { scope: "session" } as const;

let of: QueueOf;
let backend: FakeBackend;
let desk: Desk;

beforeEach(async () => {
  of = newQueue();
  await runningBottle(of);
  mkdirSync(bottlePaths(of.root, of.slug).agent.dir, { recursive: true });
  mkdirSync(bottlePaths(of.root, of.slug).supervise.currentConfig, { recursive: true });
  writeFileSync(bottlePaths(of.root, of.slug).supervise.currentDockerfile, OLD);
  behaves({});
});

function behaves(manner: Manner, closed = new AbortController().signal): void {
  backend = fakeBackend(of.root, manner);
  desk = openDesk(of.root, () => NOW, { backends: [backend], closed });
}

async function asked(dockerfile = NEW): Promise<Proposal> {
  const payload = { dockerfile };
  return (await createProposal(of, { kind: "capability-block", payload, justification: "", origin: "mcp" }, NOW))
    .proposal;
}

const yes = ({ id, digest }: Proposal, more: object = {}, progress?: Parameters<typeof approve>[4]) =>
  approve(desk, of.slug, id, { digest, ...SESSION, ...more }, progress);
const kept = () => readFileSync(bottlePaths(of.root, of.slug).agent.dockerfile, "utf8");
const item = async ({ id }: Proposal): Promise<InboxItem> => ({ ...(await readProposal(of, id)), use: null });
const actions = async () => (await readAuditLog(of)).map(({ action, detail }) => `${action}: ${detail}`);

describe("approving a Dockerfile", () => {
  test("makes the bottle anew from it and says so, with the change in the audit log", async () => {
    const proposal = await asked();
    const decision = await yes(proposal);
    expect(decision).toMatchObject({ status: "approved", scope: "session", applied: { ok: true } });
    expect(backend.built).toEqual([NEW]);
    expect(readFileSync(bottlePaths(of.root, of.slug).supervise.currentDockerfile, "utf8")).toBe(NEW);
    const [decided, rebuilt] = await readAuditLog(of);
    expect([decided?.action, rebuilt?.action]).toEqual(["decision", "rebuild"]);
    expect(decided?.diff).toBe("+ RUN apt-get install -y jq");
    expect(rebuilt).toMatchObject({ component: "bottle", diff: "+ RUN apt-get install -y jq" });
    expect(answerText(await item(proposal), NOW)).toBe(
      "status: approved\nlive: yes\nscope: kept with this bottle\nnotes: none",
    );
  });

  test("builds what the operator made of it, and tells the agent where to read it", async () => {
    const edited = NEW.replace("jq", "jq=1.7");
    const proposal = await asked();
    const decision = await yes(proposal, { payload: { dockerfile: edited } });
    expect(decision).toMatchObject({ status: "modified", final_payload: { dockerfile: edited } });
    expect(backend.built).toEqual([edited]);
    expect(answerText(await item(proposal), NOW)).toContain(
      "approved instead: another Dockerfile, see /etc/bot-bottle/current-config/Dockerfile",
    );
  });

  test("refuses an edit that could never be built, and decides nothing", async () => {
    const proposal = await asked();
    const payload = { dockerfile: "FROM node:24-slim\nCOPY . /app\n" };
    await expect(yes(proposal, { payload })).rejects.toThrow("edit:2: dockerfile: COPY copies from a build context");
    expect((await item(proposal)).decision).toBeNull();
  });

  test("tells the steps while they happen", async () => {
    const steps: string[] = [];
    behaves({
      async build(_text, progress) {
        progress({ type: "step", step: "build the images", state: "started" });
        progress({ type: "output", step: "build the images", text: "Step 1/2" });
      },
    });
    await yes(await asked(), {}, (step) => steps.push(step.type === "output" ? step.text : step.state));
    expect(steps).toEqual(["started", "Step 1/2"]);
  });

  test("that fails to build leaves the bottle, and the agent reads the step and the last lines", async () => {
    behaves({
      async build(_text, progress) {
        progress({ type: "step", step: "build the images", state: "started" });
        for (let line = 1; line <= 20; line += 1) {
          progress({ type: "output", step: "build the images", text: `line ${line}\u001b[31m` });
        }
        progress({ type: "step", step: "build the images", state: "failed", message: "exit 100" });
        throw new BottleError("failed", "the build ended with 100");
      },
    });
    const proposal = await asked();
    const { applied } = await yes(proposal);
    expect(applied).toEqual({
      ok: false,
      detail:
        'failed at "build the images": the build ended with 100; its last lines: line 13 | line 14 | line 15 | line 16 | line 17 | line 18 | line 19 | line 20; the bottle goes on as it was',
    });
    expect(answerText(await item(proposal), NOW)).toContain('live: no, it could not be applied: failed at "build');
    expect((await actions()).at(-1)).toContain("rebuild: not rebuilt for");
    expect((await readAuditLog(of)).at(-1)?.diff).toBeUndefined();
  });

  test("is given up when whoever approved it leaves", async () => {
    const leaving = new AbortController();
    behaves(
      {
        build: (_text, _progress, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(new Error("aborted")));
            leaving.abort();
          }),
      },
      leaving.signal,
    );
    expect((await yes(await asked())).applied?.detail).toBe(
      "whoever approved it left before it was done; the bottle goes on as it was",
    );
  });

  test.each([
    ["manifest", { scope: "manifest" }, "kept with its bottle, not in the definition"],
    ["an end", { expiresAt: later(60).toISOString() }, "has no end"],
  ])("is refused for %s", async (_what, more, said) => {
    const proposal = await asked();
    await expect(yes(proposal, more)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining(said),
    });
    expect((await item(proposal)).decision).toBeNull();
  });

  test("once means the same as for the session: it is kept with the bottle, without an end", async () => {
    const decision = await yes(await asked(), { scope: "once" });
    expect([decision.scope, decision.expires_at]).toEqual(["session", undefined]);
  });

  test("is refused with the backend's reason where nothing is made from images", async () => {
    behaves({ capabilities: { rebuild: { can: false, why: "it uses this machine's own programs" } } });
    const proposal = await asked();
    await expect(yes(proposal)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("it uses this machine's own programs"),
    });
    expect((await item(proposal)).decision).toBeNull();
  });

  test("is refused for a bottle that does not run", async () => {
    behaves({ phase: "stopped" });
    await expect(yes(await asked())).rejects.toThrow("the bottle is stopped: only a running one is made anew");
  });
});

describe("an approval that takes long", () => {
  test("is left to whoever is at it by a completer of the same process, and finished once", async () => {
    const [begun, finished] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    behaves({
      build: () => {
        begun.resolve();
        return finished.promise;
      },
    });
    const proposal = await asked();
    const made = yes(proposal);
    await begun.promise;
    expect(await completeUnfinished(desk, await item(proposal))).toBe(false);
    finished.resolve();
    expect((await made).applied?.ok).toBe(true);
    expect(await completeUnfinished(desk, await item(proposal))).toBe(true);
    expect(backend.built).toEqual([NEW]);
  });

  test("is looked after again and again while another process is at it, and reported when that dies", async () => {
    const proposal = await asked();
    const child = runModule(BUILDER, [of.root, of.slug, proposal.id, proposal.digest]);
    await printed(child, "building");
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const completer = createCompleter({ ...desk, now: () => new Date() }, () => {});
    try {
      completer.look({ inbox: [await item(proposal)] });
      await vi.advanceTimersByTimeAsync(10_000);
      // It was busy: asked again later. (vi.waitFor would let the fake time go on.)
      // oxlint-disable-next-line no-await-in-loop -- until the other one was asked
      while (vi.getTimerCount() === 0) await setImmediate();
      expect((await item(proposal)).decision?.applied).toBeUndefined();
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
      await vi.advanceTimersByTimeAsync(10_000);
      vi.useRealTimers();
      await expect
        .poll(async () => (await item(proposal)).decision?.applied?.detail)
        .toBe("whoever approved it was interrupted while it was built; it has to be asked again");
    } finally {
      completer.close();
      vi.useRealTimers();
    }
    expect(backend.built).toEqual([]);
  });

  test("and was done when its decider died is said to be live, and not built again", async () => {
    const proposal = await asked();
    const child = runModule(BUILDER.replace("MANNER", "killed"), [of.root, of.slug, proposal.id, proposal.digest]);
    await new Promise((resolve) => child.once("exit", resolve));
    expect(child.signalCode).toBe("SIGKILL");
    expect((await item(proposal)).decision?.applied).toBeUndefined();
    expect(await completeUnfinished(desk, await item(proposal))).toBe(true);
    expect((await item(proposal)).decision?.applied).toEqual({
      ok: true,
      detail: "live: the bottle was made anew from it; whoever approved it was interrupted right after",
    });
    expect(backend.built).toEqual([]);
  });

  test("and was never begun is built by whoever comes next, unless it is long ago", async () => {
    const [first, second] = [await asked(), await asked(`${NEW}# other\n`)];
    await decide(of, approval(first), NOW);
    await completeUnfinished(desk, await item(first));
    expect(backend.built).toEqual([NEW]);
    await decide(of, approval(second), NOW);
    await completeUnfinished({ ...desk, now: () => later(600) }, await item(second));
    expect(backend.built).toEqual([NEW]);
    expect((await item(second)).decision?.applied?.detail).toContain("it has to be asked again");
  });

  test("waits for the one before it, however long that takes", async () => {
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const began: string[] = [];
    behaves({
      build(text) {
        began.push(text);
        return finished;
      },
    });
    const [first, second] = [await asked(), await asked(`${NEW}# other\n`)];
    const both = [yes(first), yes(second)];
    await expect.poll(() => began.length).toBe(1);
    await expect.poll(async () => (await item(second)).decision?.status).toBe("approved");
    desk = { ...desk, now: () => later(3600) };
    finish();
    expect((await Promise.all(both)).map(({ applied }) => applied?.ok)).toEqual([true, true]);
    expect(backend.built).toEqual(began);
    expect(began).toHaveLength(2);
  });

  test("of a bottle that is gone by then changes nothing and makes no folder", async () => {
    const proposal = await asked();
    await decide(of, approval(proposal), NOW);
    rmSync(bottlePaths(of.root, of.slug).state, { recursive: true });
    await completeUnfinished(desk, await item(proposal));
    expect((await item(proposal)).decision?.applied?.detail).toBe("the bottle is gone: nothing was changed");
    expect(() => readFileSync(bottlePaths(of.root, of.slug).metadata)).toThrow("ENOENT");
  });
});

describe("taking a Dockerfile back", () => {
  test("makes the bottle anew from what it was made from before", async () => {
    const proposal = await asked();
    await yes(proposal);
    const undone = await undoDecision(desk, of.slug, proposal.id, "");
    expect(undone.applied).toEqual({ ok: true, detail: "the bottle was made anew from what it was made from before" });
    expect(backend.built).toEqual([NEW, OLD]);
    expect(readFileSync(bottlePaths(of.root, of.slug).supervise.currentDockerfile, "utf8")).toBe(OLD);
    // The definition's own is what the next start is made from.
    expect(() => kept()).toThrow("ENOENT");
    expect((await actions()).at(-1)).toBe(`rebuild: taken back ${proposal.id}: ${undone.applied?.detail}`);
  });

  test("goes back to the one that was approved before it", async () => {
    const newest = `${NEW}# newer\n`;
    const [first, second] = [await asked(), await asked(newest)];
    await yes(first);
    await yes(second);
    await expect(undoDecision(desk, of.slug, first.id, "")).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("made from another Dockerfile by now"),
    });
    expect((await item(first)).undo).toBeNull();
    await undoDecision(desk, of.slug, second.id, "");
    expect(backend.built).toEqual([NEW, newest, NEW]);
    expect(kept()).toBe(NEW);
  });

  test("says how, where what was before cannot be built without its folder", async () => {
    writeFileSync(bottlePaths(of.root, of.slug).supervise.currentDockerfile, "FROM scratch\nCOPY app /app\n");
    const proposal = await asked();
    await yes(proposal);
    const undone = await undoDecision(desk, of.slug, proposal.id, "");
    expect(undone.applied).toEqual({
      ok: true,
      detail: "its next start is from the definition's own image: stop it and resume it",
    });
    expect(() => kept()).toThrow("ENOENT");
    expect(backend.built).toEqual([NEW]);
  });

  test("of a bottle that does not run is for its next start", async () => {
    const proposal = await asked();
    await yes(proposal);
    behaves({ phase: "stopped" });
    const undone = await undoDecision(desk, of.slug, proposal.id, "");
    expect(undone.applied?.detail).toContain("the bottle does not run; its next start");
    expect(() => kept()).toThrow("ENOENT");
  });

  test("that cannot be built leaves the bottle as it is, and its next start as it was", async () => {
    const proposal = await asked();
    await yes(proposal);
    behaves({ build: () => Promise.reject(new Error("no space left")) });
    const undone = await undoDecision(desk, of.slug, proposal.id, "");
    expect(undone.applied).toEqual({
      ok: false,
      detail: "failed: no space left; the bottle goes on as it is, until you stop it and resume it",
    });
    expect(() => kept()).toThrow("ENOENT");
  });

  test("of one that was never built changes nothing", async () => {
    behaves({ build: () => Promise.reject(new Error("no")) });
    const proposal = await asked();
    await yes(proposal);
    expect((await undoDecision(desk, of.slug, proposal.id, "")).applied?.detail).toBe("there is nothing to take back");
  });

  test("of a rejected one asks it again", async () => {
    const proposal = await asked();
    await decide(of, approval(proposal, { status: "rejected" }), NOW);
    await undoDecision(desk, of.slug, proposal.id, "");
    const again = (await readQueue(of)).items.find((one) => one.proposal.reopens === proposal.id);
    expect(again?.proposal.payload).toEqual({ dockerfile: NEW });
  });
});

test("two dashboards that approve at once build once", async () => {
  const proposal = await asked();
  const source = `
    import { appendFileSync } from "node:fs";
    import { approve } from "#core/decide/decide.ts";
    import { openDesk } from "#core/decide/desk.ts";
    import { fakeBackend } from "#tests/helpers/fake-backend.ts";
    const [root, slug, id, digest] = process.argv.slice(-4);
    const backend = fakeBackend(root, { build: async () => appendFileSync(root + "/built", "x") });
    process.stdin.once("data", async () => {
      const desk = openDesk(root, undefined, { backends: [backend] });
      const said = await approve(desk, slug, id, { digest, scope: "session" }).then(({ applied }) => String(applied.ok), (error) => error.code);
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
  expect(said).toEqual(["conflict", "true"]);
  expect(readFileSync(`${of.root}/built`, "utf8")).toBe("x");
});

/** Approves in a process of its own: it builds for ever, or is `killed` the moment the new bottle runs. */
const BUILDER = `
  import { writeFileSync } from "node:fs";
  import { approve } from "#core/decide/decide.ts";
  import { openDesk } from "#core/decide/desk.ts";
  import { bottlePaths } from "#lib/paths.ts";
  import { fakeBackend } from "#tests/helpers/fake-backend.ts";
  const [root, slug, id, digest] = process.argv.slice(-4);
  const backend = fakeBackend(root, {
    async build(text) {
      if ("MANNER" === "killed") {
        writeFileSync(bottlePaths(root, slug).agent.dockerfile, text);
        process.kill(process.pid, "SIGKILL");
      }
      console.log("building");
      await new Promise(() => setInterval(() => {}, 60_000));
    },
  });
  await approve(openDesk(root, undefined, { backends: [backend] }), slug, id, { digest, scope: "session" });
`;
