// Claude Code's state where its turns do not simply begin and end: stopped with Esc, in a dialog, after an error, and in a
// conversation that never began. On one backend: what comes from the agent is the same, and the loop runs on each.

import { readFile } from "node:fs/promises";

import { afterEach, describe, expect, it } from "vitest";

import { AgentReport } from "#domain/fleet/agent-report.ts";
import { bottlePaths } from "#lib/paths.ts";
import { requireAgents } from "#tests/helpers/agents/require-agents.ts";
import { LOOP_BACKENDS, type LoopBackend } from "#tests/helpers/backends.ts";
import { COMMAND } from "#tests/helpers/own-root.ts";
import { openTmux, type Tmux } from "#tests/helpers/tmux.ts";

import { type AgentWorld, openWorld } from "./agent-world.ts";
import { claude } from "./cases/claude.ts";
import { type FleetWatch, watchFleet } from "./fleet-watch.ts";
import { heldAt } from "./model-steps.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Talk {
  readonly world: AgentWorld;
  readonly watch: FleetWatch;
  readonly slug: string;
  readonly terminal: Tmux;
  /** Types `text` and submits it; returns the place from which on its effects are told. */
  say(text: string): Promise<number>;
  press(...keys: string[]): Promise<number>;
  said(): Promise<AgentReport>;
}

async function talkTo(backend: LoopBackend, turns: readonly object[]): Promise<Talk> {
  const world = await openWorld(claude, backend, turns);
  closing.push(world.close);
  const { own } = world;
  const watch = watchFleet(own);
  closing.push(watch.close);
  const { slug } = await own.json<{ slug: string }>("start", "claude", "--yes", "--detach");
  await watch.untilState(slug, "idle");
  const command = [...COMMAND, "attach", slug];
  const terminal = await openTmux({ command, columns: 120, rows: 40, env: own.env, cwd: own.root });
  closing.push(terminal.close);
  await terminal.see(claude.ready);
  const press: Talk["press"] = async (...keys) => {
    const place = watch.now();
    await terminal.keys(...keys);
    return place;
  };
  const say: Talk["say"] = async (text) => {
    await terminal.type(text);
    await terminal.see(text);
    return await press("Enter");
  };
  const said: Talk["said"] = async () =>
    AgentReport.parse(JSON.parse(await readFile(bottlePaths(own.root, slug).agent.state, "utf8")));
  return { world, watch, slug, terminal, say, press, said };
}

describe("Claude Code, unmodified", requireAgents(), () => {
  for (const backend of LOOP_BACKENDS.filter(({ name }) => name === "local")) {
    describe(`on ${backend.name}`, backend.required, () => {
      it("is idle again when its turn is stopped with Esc: in a silent answer, and in a command", async () => {
        const { world, watch, slug, terminal, say, press, said } = await talkTo(backend, [
          { when: "take your time", wait: "never", say: "too late" },
          { when: "run for long", say: "I run it.", shell: "sleep 300" },
        ]);
        const first = await say("take your time");
        await heldAt(world.model, "never");
        await watch.untilState(slug, "busy", first);
        const stopped = await press("Escape");
        await watch.untilState(slug, "idle", stopped);
        expect(await said()).toMatchObject({ state: "idle", event: "session file" });
        world.model.release("never");

        // What was not answered is given back to be changed.
        await terminal.keys("C-u");
        await terminal.gone("take your time");
        const second = await say("run for long");
        await watch.untilState(slug, "busy", second);
        await terminal.see("Bash(sleep 300)");
        expect(await said()).toMatchObject({ state: "busy", event: "PreToolUse", detail: "Bash" });
        await watch.untilState(slug, "idle", await press("Escape"));
        expect(watch.states(slug, first)).toEqual(["busy", "idle", "busy", "idle"]);
      });

      it("waits in a dialog of its own, and says so; an error of the model leaves it idle", async () => {
        const { watch, slug, terminal, say, press, said } = await talkTo(backend, [
          { when: "make it fail", error: "unauthorized" },
        ]);
        const opened = await say("/config");
        await watch.untilState(slug, "waiting", opened);
        expect(await said()).toMatchObject({ state: "waiting", detail: "dialog open" });
        const closed = await press("Escape", "Escape");
        await watch.untilState(slug, "idle", closed);

        await terminal.gone("Esc to");
        const asked = await say("make it fail");
        await watch.untilState(slug, "busy", asked);
        await watch.untilState(slug, "idle", asked + 1);
        expect(watch.states(slug, asked)).toEqual(["busy", "idle"]);
      });

      it("begins anew when it is resumed and nobody had spoken to it", async () => {
        const { world, watch, slug } = await talkTo(backend, [{ when: "anything", say: "never asked" }]);
        await world.own.run("stop", slug, "--yes");
        const place = watch.now();
        await world.own.run("resume", slug, "--detach");
        await watch.untilState(slug, "idle", place);
        expect(watch.states(slug, place)).not.toContain("crashed");
        expect(world.model.turnsLeft()).toHaveLength(1);
      });
    });
  }
});
