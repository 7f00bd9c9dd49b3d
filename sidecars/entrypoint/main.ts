// The first program inside a bottle: opens the ways to the sidecars, proves the walls from inside, and only when the
// launcher says so starts the agent. It ends with the agent, and the bottle ends with it.

import { readFileSync } from "node:fs";

import { BootTries, INSIDE } from "#domain/boot/protocol.ts";

import { denyNames } from "./no-names.ts";
import { startAgent } from "./agent.ts";
import { connectBoot } from "./boot-client.ts";
import { runAttempts } from "./checks/attempt.ts";
import { kernelAttempts } from "./checks/kernel.ts";
import { networkAttempts } from "./checks/network.ts";
import { surroundingsAttempts } from "./checks/surroundings.ts";
import { drainTerminal } from "./drain-terminal.ts";
import { demandAnswer, forward } from "./forwarder.ts";
import { holdLifeline } from "./lifeline.ts";
import { tryUntil } from "./try-until.ts";

const NOT_PROVED = 1;
const COULD_NOT_START = 127;
/** For sidecars that start while we do; the launcher gives them as long. */
const SIDECARS_MS = 60_000;

// Meant for the agent, which shares our terminal: keys that interrupt or suspend, and signals to the whole group.
for (const signal of ["SIGINT", "SIGQUIT", "SIGTSTP", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => {});

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`entrypoint: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(NOT_PROVED);
}

async function main(): Promise<number> {
  const boot = `${INSIDE.sockets}/boot`;
  const tries = BootTries.parse(JSON.parse(readFileSync(`${boot}/tries.json`, "utf8")));
  const launcher = await connectBoot(`${boot}/boot.sock`);
  if (tries.network === "internal") await denyNames();
  // One after the other: the former keep this process from reading what comes over the network, while time runs out there.
  const inside = await runAttempts([...kernelAttempts(tries), ...surroundingsAttempts(tries)]);
  // What the network refuses tells nothing before everything that may answer does.
  const left = launcher.order.then(() => false);
  if (!(await Promise.race([openWays(tries).then(() => true), left]))) return NOT_PROVED;
  launcher.report({ type: "proof", checks: [...(await runAttempts(networkAttempts(tries))), ...inside] });
  const order = await launcher.order;
  if (order === null) return NOT_PROVED;
  try {
    const agent = await startAgent(order);
    launcher.report({ type: "started", pid: agent.pid });
    await launcher.close();
    const code = await agent.exitCode;
    await drainTerminal(tries.network === "internal");
    return code;
  } catch (error) {
    launcher.report({ type: "failed", message: error instanceof Error ? error.message : String(error) });
    await launcher.close();
    return COULD_NOT_START;
  }
}

/** Resolves when each leads somewhere. Sidecars on unix sockets are ready before there is a sandbox. */
async function openWays({ lifeline, forwards }: BootTries): Promise<void> {
  if (lifeline !== null) await holdLifeline(lifeline, SIDECARS_MS);
  for (const { port, to } of forwards) await forward(port, to);
  const distant = forwards.flatMap(({ to }) => ("host" in to ? [to] : []));
  await Promise.all(distant.map((to) => tryUntil(SIDECARS_MS, () => demandAnswer(to))));
}
