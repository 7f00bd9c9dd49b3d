// How a bottle stands, from what is on disk and who answers.

import { stat } from "node:fs/promises";

import * as z from "zod";

import type { Listed } from "#contracts/backend.ts";
import type { RunStatus } from "#domain/fleet/run-status.ts";
import { ShellActivity } from "#domain/guest-agent/protocol.ts";
import type { ScreenView } from "#domain/provider/screen-rules.ts";
import { endedStatus as endedWithout, isLaunching, launchingSince } from "#lib/agent-end/ended.ts";
import type { BottlePaths } from "#lib/paths.ts";

import { connectGuest, type Fields, type GuestClient } from "./sockets/guest-client.ts";

const Status = z.looseObject({
  started_at: z.string(),
  activity: z.enum(["busy", "idle"]).optional(),
  read: ShellActivity.optional(),
  read_since: z.string().optional(),
});

export async function statusOf(paths: BottlePaths): Promise<RunStatus> {
  return (await standingOf(paths)).status;
}

/** With what the terminal shows, while the agent runs. */
export async function standingOf(paths: BottlePaths): Promise<Omit<Listed, "slug">> {
  if (isLaunching(paths)) return { status: { phase: "starting", since: await launchingSince(paths) } };
  const running = await askStatus(paths);
  if (running === null) return { status: await endedStatus(paths) };
  const { started_at, activity, read, read_since: since } = Status.parse(running);
  const moves = activity === undefined ? [] : [{ activity, authority: "terminal" as const }];
  const shown = [...moves, ...(read === undefined ? [] : [{ ...read, ...(since === undefined ? {} : { since }) }])];
  return { status: { phase: "running", since: started_at }, ...(shown.length === 0 ? {} : { activity: shown }) };
}

/** For a bottle that nobody answers for. */
export async function endedStatus(paths: BottlePaths): Promise<RunStatus> {
  const begun = await stat(paths.agent.scrollback).catch(() => undefined);
  return endedWithout(paths, begun !== undefined);
}

const View = z.looseObject({ lines: z.array(z.string()), title: z.string(), progress: z.number().optional() });

/** What is on the agent's screen; undefined when it does not run, or its guest agent is of an earlier version. */
export async function look(paths: BottlePaths): Promise<ScreenView | undefined> {
  const view = View.safeParse(await ask(paths, { action: "view_shell", shell: "agent" }));
  if (!view.success) return undefined;
  const { lines, title, progress } = view.data;
  return { lines, title, progress };
}

/** The guest agent's answer, null when it does not run. */
export async function askStatus(paths: BottlePaths): Promise<Fields | null> {
  return ask(paths, { action: "status_shell", shell: "agent" });
}

async function ask(paths: BottlePaths, request: Parameters<GuestClient["request"]>[0]): Promise<Fields | null> {
  const client = await connectGuest(paths.agent.socket).catch(() => null);
  if (client === null) return null;
  try {
    return await client.request(request);
  } catch {
    return null; // it ended on the way
  } finally {
    client.close();
  }
}
