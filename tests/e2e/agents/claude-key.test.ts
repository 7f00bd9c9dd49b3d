// Claude Code with an API key instead of a subscription: a route of the definition brings it, and the agent asks nobody about it.

import { randomBytes } from "node:crypto";

import { afterEach, describe, expect, it } from "vitest";

import { requireAgents } from "#tests/helpers/agents/require-agents.ts";
import { LOOP_BACKENDS } from "#tests/helpers/backends.ts";
import { COMMAND } from "#tests/helpers/own-root.ts";
import { openTmux } from "#tests/helpers/tmux.ts";

import { openWorld } from "./agent-world.ts";
import { claude } from "./cases/claude.ts";
import { watchFleet } from "./fleet-watch.ts";

/** Of the form that tells it from an OAuth token. */
const apiKey = (): string => `sk-ant-api03-${randomBytes(24).toString("hex")}`;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe("an API key", requireAgents(), () => {
  for (const backend of LOOP_BACKENDS.filter(({ name }) => name === "local")) {
    it("is put in by egress, with a task and in a conversation", backend.required, async () => {
      const turns = [
        { when: "task", say: "Task done." },
        { when: "hello", say: "Hello to you." },
      ];
      const world = await openWorld({ ...claude, credential: apiKey }, backend, turns, async ({ credential }) => ({
        env: { OPERATOR_KEY: credential },
        routes: [{ host: "api.anthropic.com", auth: { scheme: "header:x-api-key", token_ref: "OPERATOR_KEY" } }],
      }));
      closing.push(world.close);
      const { own, model } = world;
      expect(await own.run("start", "claude", "--yes", "--prompt=The task")).toBe("Task done.");

      const watch = watchFleet(own);
      closing.push(watch.close);
      const { slug } = await own.json<{ slug: string }>("start", "claude", "--yes", "--detach");
      await watch.untilState(slug, "idle");
      const command = [...COMMAND, "attach", slug];
      const terminal = await openTmux({ command, columns: 120, rows: 40, env: own.env, cwd: own.root });
      closing.push(terminal.close);
      await terminal.see(claude.ready);
      await terminal.type("hello");
      await terminal.keys("Enter");
      await terminal.see("Hello to you.");

      const asked = model.requests().filter(({ path }) => path.startsWith("/v1/messages"));
      expect(new Set(asked.map(({ credential }) => credential))).toEqual(new Set(["right"]));
      expect(model.turnsLeft()).toEqual([]);
    });
  }
});
