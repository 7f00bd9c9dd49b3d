// A skill that a definition names: each real agent is told of it, finds its files where it looks for them, and can run them.

import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { requireAgents } from "#tests/helpers/agents/require-agents.ts";
import { LOOP_BACKENDS } from "#tests/helpers/backends.ts";

import { type AgentCase, type AgentWorld, openWorld } from "./agent-world.ts";
import { claude } from "./cases/claude.ts";
import { codex } from "./cases/codex.ts";
import { pi } from "./cases/pi.ts";

const ABOUT = "Greets whoever reads the harbour log.";

const CASES: readonly (readonly [AgentCase, string])[] = [
  [claude, ".claude/skills"],
  [codex, ".agents/skills"],
  [pi, ".pi/agent/skills"],
];

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe("a skill", requireAgents(), () => {
  for (const backend of LOOP_BACKENDS) {
    describe(`on ${backend.name}`, backend.required, () => {
      for (const [agent, folder] of CASES) {
        it(`is given to ${agent.name}, as files that run`, async () => {
          const world = await openWorld(agent, backend, [
            { when: "greet", shell: `sh -c 'cd ~/${folder}/greeting && sed -n 2p SKILL.md && ./scripts/hello.sh'` },
            { when: "hello from harbour-42", say: "Greeted." },
          ]);
          closing.push(world.close);
          await nameSkill(world, agent.name);
          const { own, model } = world;
          expect(await own.run("start", agent.name, "--dry-run")).toMatch(
            /skill +greeting \(2 files, .*, from your root\)/,
          );
          expect(await own.run("start", agent.name, "--yes", "--prompt=Please greet")).toBe("Greeted.");
          const asked = JSON.stringify(model.requests().map(({ body }) => body));
          expect(asked).toContain(ABOUT);
          expect(model.turnsLeft()).toEqual([]);
        });
      }
    });
  }
});

async function nameSkill({ own: { root } }: AgentWorld, agent: string): Promise<void> {
  const folder = join(root, "skills", "greeting");
  await mkdir(join(folder, "scripts"), { recursive: true });
  await writeFile(join(folder, "SKILL.md"), `---\nname: greeting\ndescription: ${ABOUT}\n---\nRun scripts/hello.sh.\n`);
  await writeFile(join(folder, "scripts", "hello.sh"), "#!/bin/sh\necho hello from harbour-$((40 + 2))\n");
  await chmod(join(folder, "scripts", "hello.sh"), 0o755);
  await writeFile(join(root, "agents", `${agent}.md`), `---\nbottle: ${agent}\nskills: [greeting]\n---\n`);
}
