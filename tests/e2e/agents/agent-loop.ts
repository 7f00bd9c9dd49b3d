// The whole path of one real agent, the same for each: started from a definition, given work in its own terminal, its
// question answered by a key in the dashboard, done, stopped, and asked again in the same conversation.

import { setTimeout as delay } from "node:timers/promises";

import { execa } from "execa";
import { afterAll, afterEach, describe, expect, it } from "vitest";

import { egressSeen } from "#core/egress/control-client.ts";
import type { WatchEvent } from "#modes/json/schemas.ts";
import { requireAgents } from "#tests/helpers/agents/require-agents.ts";
import { LOOP_BACKENDS, type LoopBackend } from "#tests/helpers/backends.ts";
import { COMMAND } from "#tests/helpers/own-root.ts";
import { requirement } from "#tests/helpers/require.ts";
import { openTmux, type Tmux } from "#tests/helpers/tmux.ts";

import { type AgentCase, type AgentWorld, FILES_HOST, openWorld } from "./agent-world.ts";
import { type FleetWatch, watchFleet } from "./fleet-watch.ts";
import { answerTo, heldAt } from "./model-steps.ts";
import { searchBottle } from "./token-search.ts";

const hasTmux = await execa("tmux", ["-V"], { reject: false });
const tmuxRequired = requirement("tmux", () => (hasTmux.exitCode === 0 ? undefined : "tmux is not installed"));

/** Longer than the dashboard wants a proposal to have been in view. */
const LOOKED_AT_MS = 700;

const TASK = "Please read the notes of the loop";
const AGAIN = "What did they say again";

const TURNS = [
  { when: TASK, wait: "thinking", say: "I look around first.", shell: "echo loop-$((40 + 2))" },
  {
    when: "loop-42",
    say: "I need a route.",
    mcp: {
      tool: "egress-block",
      input: {
        host: FILES_HOST,
        methods: ["GET"],
        path_allowlist: ["/notes.txt"],
        justification: "The notes are there.",
      },
    },
  },
  { when: "approved", say: "Now I read them.", shell: `curl -sS https://${FILES_HOST}/notes.txt` },
  { when: "the notes say hello", wait: "summing-up", say: "The summary is ready." },
  { when: AGAIN, wait: "remembering", say: "They said hello, as before." },
];

export function agentLoop(agent: AgentCase): void {
  describe(`${agent.name}, unmodified`, requireAgents(), () => {
    describe("in the whole loop", tmuxRequired, () => {
      for (const backend of LOOP_BACKENDS) {
        describe(`on ${backend.name}`, backend.required, () => {
          loopOn(agent, backend);
        });
      }
    });
  });
}

interface Loop {
  readonly agent: AgentCase;
  readonly world: AgentWorld;
  readonly watch: FleetWatch;
  readonly screen: Tmux;
  readonly slug: string;
  /** How long after `from` the fleet knew. */
  late(what: string, from: number, known: { readonly at: number }): void;
}

function loopOn(agent: AgentCase, backend: LoopBackend): void {
  const delays: string[] = [];
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });
  afterAll(() => {
    if (delays.length > 0) console.log(delays.map((line) => `${agent.name} on ${backend.name}: ${line}`).join("\n"));
  });

  it("works, asks, is answered by a key, finishes, and goes on after a resume", async () => {
    const world = await openWorld(agent, backend, TURNS);
    closing.push(world.close);
    const { own } = world;
    const watch = watchFleet(own);
    closing.push(watch.close);
    const began = Date.now();
    const { slug } = await own.json<{ slug: string }>("start", agent.name, "--yes", "--detach");
    const screen = await openTmux({ command: COMMAND, columns: 120, rows: 40, env: own.env, cwd: own.root });
    closing.push(screen.close);
    const late: Loop["late"] = (what, from, known) => void delays.push(`${what}: ${known.at - from} ms`);
    const loop: Loop = { agent, world, watch, screen, slug, late };

    late("idle after the start", began, await watch.untilState(slug, "idle"));
    await screen.see(slug);
    const submitted = await giveTask(loop, TASK);
    await workUntilAsked(loop, submitted);
    await approveByKey(loop);
    await finish(loop);
    expect(watch.states(slug, submitted.place)).toEqual(["busy", "waiting", "busy", "idle"]);
    await expectOnlyAllowed(loop);
    await expectNoToken(loop, backend.name);

    await own.run("stop", slug, "--yes");
    await watch.untilState(slug, "stopped", submitted.place);
    const resumed = watch.now();
    await own.run("resume", slug, "--detach");
    await watch.untilState(slug, "idle", resumed);
    await goOn(loop);
    await expectOnlyAllowed(loop);
  });
}

interface Submitted {
  readonly at: number;
  /** In what the watch told. */
  readonly place: number;
}

/** Through the dashboard, into the agent's own terminal and out again. */
async function giveTask({ agent, screen, watch, slug }: Loop, task: string): Promise<Submitted> {
  await screen.keys("Enter");
  await screen.gone("Bottles");
  await screen.see(agent.ready);
  await screen.type(task);
  await screen.see(task);
  // It shows its prompt while it still starts, and is busy with that.
  await watch.untilStands(slug, "idle");
  const submitted = { at: Date.now(), place: watch.now() };
  await screen.keys(...(agent.submit ?? ["Enter"]));
  return submitted;
}

async function workUntilAsked(
  { world: { model }, watch, slug, screen, late }: Loop,
  submitted: Submitted,
): Promise<void> {
  const { at } = await heldAt(model, "thinking");
  late("busy after the model was asked", at, await watch.untilState(slug, "busy", submitted.place));
  await screen.keys("C-]");
  await screen.see("Bottles");
  model.release("thinking");
  const answered = await answerTo(model, 2);
  late("waiting after the model said to ask", answered.at, await watch.untilState(slug, "waiting", submitted.place));
}

/** The first press shows what there is to decide; it counts only when that has been in view for a moment. */
async function approveByKey({ screen, watch, slug, late }: Loop): Promise<void> {
  // Below it may be what an agent tried by itself.
  await screen.see(/▲\s*\d+ waiting for you/);
  await screen.keys("a");
  await screen.see("Would allow");
  await screen.see(FILES_HOST);
  const place = watch.now();
  await screen.keys("a");
  if (!/approved: live/.test(await screen.see(/approved: live|press again/))) {
    await delay(LOOKED_AT_MS);
    await screen.keys("a");
    await screen.see(/approved: live/);
  }
  await screen.keys("Escape");
  const decided = await watch.until("the decision", isApproval, place);
  late("busy after the approval", decided.at, await watch.untilState(slug, "busy", place));
}

function isApproval(event: WatchEvent): boolean {
  return event.type === "proposal" && event.proposal.status === "approved";
}

async function finish({ world: { model, files }, watch, slug, late }: Loop): Promise<void> {
  await heldAt(model, "summing-up");
  expect(files.asked).toEqual(["GET /notes.txt"]);
  const place = watch.now();
  model.release("summing-up");
  const last = await answerTo(model, 4);
  late("idle after the last answer", last.at, await watch.untilState(slug, "idle", place));
}

/** A second prompt after a resume: its request carries all that was said before. */
async function goOn(loop: Loop): Promise<void> {
  const { world, watch, slug, screen, late } = loop;
  const submitted = await giveTask(loop, AGAIN);
  await heldAt(world.model, "remembering");
  await watch.untilState(slug, "busy", submitted.place);
  world.model.release("remembering");
  const last = await answerTo(world.model, 5);
  const request = world.model.requests().find((event) => event.request === last.request);
  const said = request?.messages.map(({ text }) => text).join("\n") ?? "";
  for (const before of [TASK, "loop-42", "the notes say hello", "The summary is ready."])
    expect(said).toContain(before);
  await screen.see("They said hello, as before.");
  const idle = await watch.until("idle again", (event) => isIdle(event, slug), submitted.place + 1);
  late("idle after the answer to the second prompt", last.at, idle);
  expect(world.model.turnsLeft()).toEqual([]);
  await screen.keys("C-]");
  await screen.see("Bottles");
}

function isIdle(event: WatchEvent, slug: string): boolean {
  return event.type === "bottle" && event.bottle.slug === slug && event.bottle.state === "idle";
}

/** Everything that the agent tried: only its model and what was approved got through, and each with the right credential. */
async function expectOnlyAllowed({ agent, world: { own, model }, slug }: Loop): Promise<void> {
  const { requests } = await egressSeen(own.root, slug);
  const through = requests.filter(({ allowed }) => allowed > 0).map(({ host }) => host);
  expect([...agent.hosts, FILES_HOST]).toEqual(expect.arrayContaining([...new Set(through)]));
  expect(through).toContain(FILES_HOST);
  const brought = model.requests().map(({ host, credential }) => `${host} ${credential}`);
  expect([...new Set(brought)].filter((line) => !line.endsWith(" right"))).toEqual([]);
  const blocked = requests.filter(({ allowed, host }) => allowed === 0 && host !== FILES_HOST);
  for (const { host, method, path, count } of blocked)
    console.log(`${agent.name} blocked: ${method} ${host}${path} ${count}×`);
}

async function expectNoToken({ world: { own, model }, slug }: Loop, backend: string): Promise<void> {
  const found = await searchBottle(own, slug, backend, model.credential);
  expect(found.places).toEqual([]);
  // The search would find it: this is in the files of the conversation.
  const known = await searchBottle(own, slug, backend, TASK);
  expect(known.places).not.toEqual([]);
  expect(known.processes).toBeGreaterThan(1);
}
