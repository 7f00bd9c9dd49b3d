// Why a real agent's state is what it is: asked at rest, at work, and after its end.

import { afterEach, describe, expect, it } from "vitest";
import type * as z from "zod";

import type { Explained } from "#modes/json/explained.ts";
import { requireAgents } from "#tests/helpers/agents/require-agents.ts";
import { LOOP_BACKENDS, type LoopBackend } from "#tests/helpers/backends.ts";
import { COMMAND } from "#tests/helpers/own-root.ts";
import { openTmux } from "#tests/helpers/tmux.ts";

import { type AgentCase, openWorld } from "./agent-world.ts";
import { claude } from "./cases/claude.ts";
import { codex } from "./cases/codex.ts";
import { pi } from "./cases/pi.ts";
import { watchFleet } from "./fleet-watch.ts";
import { heldAt } from "./model-steps.ts";

type Explanation = z.infer<typeof Explained>;

const TASK = "Please think about it";
const TURNS = [{ when: TASK, wait: "thinking", say: "I thought about it." }];

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** `by`: who tells its state while it works. Resolves with what is said after its end. */
async function explained(agent: AgentCase, backend: LoopBackend, by: "agent" | "title"): Promise<Explanation> {
  const world = await openWorld(agent, backend, TURNS);
  closing.push(world.close);
  const { own, model } = world;
  const watch = watchFleet(own);
  closing.push(watch.close);
  const { slug } = await own.json<{ slug: string }>("start", agent.name, "--yes", "--detach");
  const explain = () => own.json<Explanation>("explain", slug);

  await watch.untilState(slug, "idle");
  const command = [...COMMAND, "attach", slug];
  const terminal = await openTmux({ command, columns: 120, rows: 40, env: own.env, cwd: own.root });
  closing.push(terminal.close);
  await terminal.see(agent.ready);
  await expect.poll(explain, { timeout: 10_000, interval: 500 }).toMatchObject({
    state: "idle",
    screen: { matches: { state: "idle" } },
  });

  await terminal.type(TASK);
  await terminal.see(TASK);
  const place = watch.now();
  await terminal.keys(...(agent.submit ?? ["Enter"]));
  await heldAt(model, "thinking");
  await watch.untilState(slug, "busy", place);
  await expect.poll(explain, { timeout: 10_000, interval: 500 }).toMatchObject({
    state: "busy",
    by,
    confirmed_at: expect.stringMatching(/^\d{4}-/),
    screen: { matches: { state: "busy" } },
  });
  expect((await explain()).rule).not.toBe("");
  expect(await own.run("explain", slug)).toMatch(/^state +busy$/m);

  model.release("thinking");
  await watch.untilState(slug, "idle", watch.now());
  await own.run("stop", slug, "--yes");
  return await explain();
}

const STOPPED = { state: "stopped", by: "backend", screen: null };

describe("explain", requireAgents(), () => {
  for (const [place, backend] of LOOP_BACKENDS.entries()) {
    describe(`on ${backend.name}`, backend.required, () => {
      it("names the title that Codex sets", async () => {
        expect(await explained(codex, backend, "title")).toMatchObject(STOPPED);
      });
      if (place > 0) return; // what comes from an agent itself is the same on each
      it("names Claude's hooks, and what its screen says beside them", async () => {
        expect(await explained(claude, backend, "agent")).toMatchObject(STOPPED);
      });
      it("names Pi's extension, and what its screen says beside it", async () => {
        expect(await explained(pi, backend, "agent")).toMatchObject(STOPPED);
      });
    });
  }
});
