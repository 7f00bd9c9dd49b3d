// How a bottle stands, from what is on disk and who answers.

import { stat } from "node:fs/promises";

import * as z from "zod";

import type { Listed } from "#contracts/backend.ts";
import type { RunStatus } from "#domain/fleet/run-status.ts";
import { endedStatus as endedWithout, isLaunching, launchingSince } from "#lib/agent-end/ended.ts";
import type { BottlePaths } from "#lib/paths.ts";

import { connectGuest, type Fields } from "./sockets/guest-client.ts";

const Status = z.looseObject({ started_at: z.string(), activity: z.enum(["busy", "idle"]).optional() });

export async function statusOf(paths: BottlePaths): Promise<RunStatus> {
  return (await standingOf(paths)).status;
}

/** With what the terminal shows, while the agent runs. */
export async function standingOf(paths: BottlePaths): Promise<Omit<Listed, "slug">> {
  if (isLaunching(paths)) return { status: { phase: "starting", since: await launchingSince(paths) } };
  const running = await askStatus(paths);
  if (running === null) return { status: await endedStatus(paths) };
  const { started_at, activity } = Status.parse(running);
  return { status: { phase: "running", since: started_at }, ...(activity === undefined ? {} : { activity }) };
}

/** For a bottle that nobody answers for. */
export async function endedStatus(paths: BottlePaths): Promise<RunStatus> {
  const begun = await stat(paths.agent.scrollback).catch(() => undefined);
  return endedWithout(paths, begun !== undefined);
}

/** The guest agent's answer, null when it does not run. */
export async function askStatus(paths: BottlePaths): Promise<Fields | null> {
  const client = await connectGuest(paths.agent.socket).catch(() => null);
  if (client === null) return null;
  try {
    return await client.request({ action: "status_shell", shell: "agent" });
  } catch {
    return null; // it ended on the way
  } finally {
    client.close();
  }
}
