// A prompt at the start: each real agent works without a screen, and how it ended and what it said last are reported.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

import { afterEach, describe, expect, it } from "vitest";

import { TaskEnd } from "#modes/json/schemas.ts";
import { requireAgents } from "#tests/helpers/agents/require-agents.ts";
import { LOOP_BACKENDS } from "#tests/helpers/backends.ts";
import { COMMAND, type OwnRoot } from "#tests/helpers/own-root.ts";
import { openTmux } from "#tests/helpers/tmux.ts";

import { type AgentCase, type AgentWorld, openWorld } from "./agent-world.ts";
import { claude } from "./cases/claude.ts";
import { codex } from "./cases/codex.ts";
import { pi } from "./cases/pi.ts";
import { watchFleet } from "./fleet-watch.ts";
import { answerTo, heldAt } from "./model-steps.ts";

const TASK = "-- Count what is here, and say 'how many'";
const WORK = [
  { when: TASK, say: "I look first.", shell: "echo found-$((40 + 2))" },
  { when: "found-42", say: "All counted: 42.\nNothing else to do." },
];

/** Some ask several times before they give up. */
const MOST_TRIES = 30;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe("a task given at the start", requireAgents(), () => {
  for (const agent of [claude, codex, pi]) {
    for (const backend of LOOP_BACKENDS) {
      const open = async (turns: readonly object[]): Promise<AgentWorld> => {
        const world = await openWorld(agent, backend, turns);
        closing.push(world.close);
        return world;
      };
      describe(`to ${agent.name} on ${backend.name}`, backend.required, () => {
        tasksOf(agent, open);
      });
    }
  }
});

function tasksOf(agent: AgentCase, open: (turns: readonly object[]) => Promise<AgentWorld>): void {
  const start = ["start", agent.name, "--yes", `--prompt=${TASK}`];

  it("is worked on without a screen, and its last message is the answer", async () => {
    const { own, model } = await open(WORK);
    const { exitCode, stdout, stderr } = await own.attempt(...start);
    expect(stderr).toContain("is at work");
    expect([exitCode, stdout]).toEqual([0, "All counted: 42.\nNothing else to do."]);
    expect(model.turnsLeft()).toEqual([]);
    expect(new Set(model.requests().map(({ credential }) => credential))).toEqual(new Set(["right"]));
    const [row] = await own.json<{ slug: string; state: string; exit_code: number }[]>("list");
    expect(row).toMatchObject({ state: "exited", exit_code: 0 });
    const log = await own.run("logs", row?.slug ?? "", "--source", "agent");
    expect(log).toContain("I look first.");
    expect(log).toContain("found-$((40 + 2))");
    expect(log).toContain("All counted: 42.");
  });

  it("fails when the agent fails, with its own words and where its crash log is", async () => {
    const { own } = await open(Array.from({ length: MOST_TRIES }, () => ({ error: "unauthorized" })));
    const { exitCode, stdout, stderr } = await own.attempt(...start, "--json");
    const end = TaskEnd.parse(JSON.parse(stdout));
    expect([exitCode, end.reason]).toEqual([1, "exited"]);
    expect(end.exit_code).not.toBe(0);
    expect(stderr).toMatch(/ {2}error: .*\n/);
    expect(stderr).toContain(`bottle-dash crash-logs ${end.slug}`);
    expect(await own.run("crash-logs", end.slug)).toContain("error: ");
    expect(await own.json("list")).toMatchObject([{ slug: end.slug, state: "crashed" }]);
  });

  it("is left alone with --detach, and its bottle goes on with the same conversation in its terminal", async () => {
    const again = { when: "And once more", say: "Still 42." };
    const { own, model } = await open([{ ...WORK[0], wait: "begun" }, ...WORK.slice(1), again]);
    const watch = watchFleet(own);
    closing.push(watch.close);
    const { slug } = await own.json<{ slug: string }>(...start, "--detach");
    await heldAt(model, "begun");
    await watch.untilState(slug, "busy");
    model.release("begun");
    await watch.untilState(slug, "exited");
    // One that reports its own state says that it is done just before it ends.
    const states = watch.states(slug, 0).filter((state) => !["starting", "unknown", "idle"].includes(state));
    expect(states).toEqual(["busy", "exited"]);
    const resumed = watch.now();
    await own.run("resume", slug, "--detach");
    await watch.untilState(slug, "idle", resumed);
    await askAgain(agent, own, slug);
    const { request } = await answerTo(model, 3);
    const said = model
      .requests()
      .find((event) => event.request === request)
      ?.messages.map(({ text: words }) => words);
    expect(said?.join("\n")).toMatch(/Count what is here[^]*found-42[^]*All counted: 42\.[^]*And once more/);
  });

  it("goes on when the command that waits for it is interrupted", async () => {
    const { own, model } = await open([{ ...WORK[0], wait: "begun" }, ...WORK.slice(1)]);
    const child = spawn(COMMAND[0], [COMMAND[1], ...start], {
      cwd: own.root,
      env: { ...process.env, ...own.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = text(child.stderr);
    await heldAt(model, "begun");
    child.kill("SIGINT");
    const [code] = (await once(child, "exit")) as [number];
    expect(code).toBe(130);
    expect(await said).toContain("the agent goes on");
    expect(await own.json("list")).toMatchObject([{ state: "busy" }]);
  });
}

/** In its own terminal, where a finished task goes on. */
async function askAgain(agent: AgentCase, own: OwnRoot, slug: string): Promise<void> {
  const command = [...COMMAND, "attach", slug];
  const screen = await openTmux({ command, columns: 120, rows: 40, env: own.env, cwd: own.root });
  closing.push(screen.close);
  await screen.see(agent.ready);
  await screen.type("And once more");
  await screen.see("And once more");
  await screen.keys(...(agent.submit ?? ["Enter"]));
  await screen.see("Still 42.");
}
