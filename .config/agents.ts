// `npm run agents:install`: the real agents that tests run, from their registry into .agents/, as fixtures/agents locks them.
// Does nothing when they are there already. For development only: no part of the package.

import { spawnSync } from "node:child_process";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { root } from "./freshness.ts";

const source = join(root, "fixtures/agents");
const target = join(root, ".agents");
/** What the last whole install was made from. */
const stamp = join(target, "installed");

/** True when it installed now. */
async function installAgents(): Promise<boolean> {
  const wanted = await readWanted();
  if (wanted === (await readFile(stamp, "utf8").catch(() => undefined))) return false;
  await rm(stamp, { force: true });
  await mkdir(target, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) await copyFile(join(source, file), join(target, file));
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: target, stdio: "inherit" });
  if (npm.error !== undefined) throw npm.error;
  if (npm.status !== 0) throw new Error(`npm ci in ${target} exited ${npm.status ?? npm.signal}`);
  await writeFile(stamp, wanted);
  return true;
}

/** Binaries of another machine are as good as none. */
async function readWanted(): Promise<string> {
  const lock = await readFile(join(source, "package-lock.json"), "utf8");
  return `${process.platform} ${process.arch}\n${lock}`;
}

try {
  console.log((await installAgents()) ? `installed the agents in ${target}` : `the agents are in ${target} already`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
