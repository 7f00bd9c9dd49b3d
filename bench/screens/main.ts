// Records the screens of the real agents that our rules are tested with: `npm run screens [agent…]`, after `npm run
// agents:install`. Each lies in fixtures/screens/<agent>/<version>/<situation>.json with the state that it is expected to be.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";

import { agentsPath } from "#tests/helpers/agents/require-agents.ts";

import { type AgentName, COLS, ROWS } from "./session.ts";
import { recordAgent } from "./situations.ts";

const AGENTS: readonly AgentName[] = ["claude", "codex", "pi"];
const FOLDER = join(import.meta.dirname, "../../fixtures/screens");

for (const agent of AGENTS) {
  if (process.argv.length > 2 && !process.argv.includes(agent)) continue;
  // oxlint-disable-next-line no-await-in-loop -- one agent after the other
  const { stdout, stderr } = await execa(join(agentsPath(), agent), ["--version"]);
  const version = /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? "unknown";
  const folder = join(FOLDER, agent, version);
  mkdirSync(folder, { recursive: true });
  // oxlint-disable-next-line no-await-in-loop -- the same
  await recordAgent(agent, ({ situation, expected, view: { lines, title, progress = null } }) => {
    const screen = { agent, version, situation, expected, cols: COLS, rows: ROWS, title, progress, lines };
    writeFileSync(join(folder, `${situation}.json`), `${JSON.stringify(screen, undefined, 2)}\n`);
    process.stdout.write(`${agent} ${version} ${situation}: ${expected}\n`);
  });
}
process.exit(0);
