// `npm run picture`: starts real bottles, opens the real dashboard on them, and draws what stands on its screen to docs/dashboard.svg.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { rootPaths } from "#lib/paths.ts";

import { openDashboard, shows } from "../dashboard.ts";
import { bottleDash, plainEnvironment } from "../programs.ts";
import { screenToSvg } from "./screen-to-svg.ts";

const run = promisify(execFile);
const picture = join(import.meta.dirname, "..", "..", "docs", "dashboard.svg");

/** Beside the demo, so that the list is one: what a fleet's other agents might be doing. */
const AGENTS: Readonly<Record<string, string>> = {
  reviewer: "echo 'reviewing 14 changed files'; echo '  src/queue.ts: two findings'; exec cat",
  upgrade: "echo 'npm test'; echo '212 passed, 1 failed'; echo 'TypeError: queue.take is not a function' >&2; exit 1",
};

const root = await mkdtemp(join(tmpdir(), "bottle-picture-"));
const env = plainEnvironment(root);
const command = async (...args: string[]): Promise<string> =>
  (await run(process.execPath, [bottleDash, ...args], { env })).stdout.trim();
try {
  const slugs: string[] = [];
  for (const [name, script] of Object.entries(AGENTS)) {
    await define(name, script);
    slugs.push(await command("start", name, "--yes", "--detach"));
  }
  const demo = await command("demo", "--detach");
  try {
    await draw([...slugs, demo], demo);
  } finally {
    for (const slug of [...slugs, demo]) await command("stop", slug, "--yes").catch(() => {}); // the one that crashed is not there
  }
} finally {
  await rm(root, { recursive: true, force: true });
}
console.log(`written to ${picture}`);

async function draw(slugs: readonly string[], demo: string): Promise<void> {
  const dashboard = await openDashboard(root, slugs, { cols: 132, rows: 30 });
  try {
    dashboard.press("G"); // the newest
    await dashboard.until(
      (lines) => lines.some((line) => line.includes("▸") && line.includes(demo)),
      "the cursor on the demo",
    );
    await dashboard.until((lines) => shows(lines, "Asking the operator"), "the demo's screen");
    await dashboard.until(
      (lines) => lines.some((line) => line.includes(demo) && line.includes("waiting")),
      "the demo that waits",
    );
    await writeFile(
      picture,
      screenToSvg(dashboard.screen, "bottle-dash: three bottles, one of them waits for the operator"),
    );
  } finally {
    await dashboard.close();
  }
}

async function define(name: string, script: string): Promise<void> {
  const { agents, bottles } = rootPaths(root);
  for (const folder of [agents, bottles]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const command = JSON.stringify(["/bin/sh", "-c", script]);
  await writeFile(
    join(bottles, `${name}.md`),
    `---\nagent_provider:\n  template: command\n  command: ${command}\n---\n`,
  );
  await writeFile(join(agents, `${name}.md`), `---\nbottle: ${name}\n---\n`);
}
