// Writes down the end of an agent whose container has ended: nobody of ours was there to see it, so whoever looks next
// does it, once, from what the engine kept.

import { existsSync } from "node:fs";

import type { Container, ContainerInspectInfo } from "dockerode";

import type { ExitRecord } from "#domain/fleet/run-status.ts";
import { createExclusive, writeAtomic } from "#lib/atomic-file.ts";
import { isLaunching, readExit } from "#lib/agent-end/ended.ts";
import { exitRecord, isCrash } from "#lib/agent-end/exit.ts";
import { auditExit, writeCrash } from "#lib/agent-end/record-end.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";
import { readBounded } from "#lib/read-bounded.ts";
import { readRedactions } from "#lib/redact/redactions-file.ts";

import type { AgentContainer } from "./agent-containers.ts";
import type { DockerContext } from "./context.ts";
import { isGone } from "./engine-answers.ts";
import { readSize } from "./terminal/size.ts";

/** To be called before the agent is told to end: its end then counts as asked for, whoever sees it. */
export async function markStopping(paths: BottlePaths): Promise<void> {
  await writeAtomic(paths.agent.stopping, `${new Date().toISOString()}\n`);
}

const settling = new Map<string, Promise<ExitRecord | null>>();

/**
 * The record of the end, made now when there is none; null while a launcher is at it, the container still runs, or it is
 * gone. Any number may call it at once, in any number of processes: one of them writes.
 */
export function settle(
  context: DockerContext,
  { id, slug }: Pick<AgentContainer, "id" | "slug">,
): Promise<ExitRecord | null> {
  const key = `${context.root} ${id}`;
  const under = settling.get(key);
  if (under !== undefined) return under;
  const mine = settleOnce(context, slug, id).finally(() => settling.delete(key));
  settling.set(key, mine);
  return mine;
}

async function settleOnce(context: DockerContext, slug: string, id: string): Promise<ExitRecord | null> {
  const paths = bottlePaths(context.root, slug);
  if (isLaunching(paths)) return null;
  const known = await readExit(paths);
  if (known !== null) return known;
  const container = context.engine.docker.getContainer(id);
  const state = await endOf(context, container);
  if (state === null) return null;
  const exit = exitRecord(state.ExitCode, 0, wasStopped(paths, state), momentOf(state.FinishedAt));
  // Before the record: whoever sees the record finds the crash log beside it.
  const lines = isCrash(exit) ? [...(await lastLines(container, paths)), ...notes(state)] : [];
  if (!existsSync(paths.agent.dir)) return null; // the bottle was cleared away: nothing of it comes back
  if (!(await createExclusive(paths.agent.exit, `${JSON.stringify(exit)}\n`))) return readExit(paths);
  await writeCrash(paths, exit, (count) => lines.slice(-count), complain);
  await auditExit({ root: context.root, slug }, exit, complain, AUDITOR, why(state));
  return exit;
}

const AUDITOR = { actor: "sidecar:docker", component: "docker" };

type State = ContainerInspectInfo["State"];

/** Null when it runs, never ran, or is gone. */
async function endOf(context: DockerContext, container: Container): Promise<State | null> {
  try {
    const { State: state } = await container.inspect();
    return state.Running || state.Status === "created" ? null : state;
  } catch (error) {
    if (isGone(error)) return null;
    throw context.engine.error(error, "look at the agent's container");
  }
}

/** A mark from before this run says nothing of its end. */
function wasStopped(paths: BottlePaths, { StartedAt }: State): boolean {
  const marked = readBounded(paths.agent.stopping);
  return typeof marked === "string" && Date.parse(marked.trim()) >= Date.parse(StartedAt);
}

async function lastLines(container: Container, paths: BottlePaths): Promise<string[]> {
  // The emulator is a large module, and most looks find nothing to settle.
  const [{ openScreen }, { replayLog }] = await Promise.all([
    import("#lib/screen/screen.ts"),
    import("./terminal/replay.ts"),
  ]);
  const redactions = await readRedactions(paths);
  const screen = openScreen(await readSize(paths), () => {}, undefined, undefined, redactions.text);
  try {
    await replayLog(container, screen, redactions.open(), undefined);
    return screen.plainTail(CRASH_LINES);
  } catch (error) {
    return [`[its output cannot be read: ${error instanceof Error ? error.message : String(error)}]`];
  }
}

const CRASH_LINES = 200;

function notes(state: State): string[] {
  const reason = why(state);
  return reason === undefined ? [] : [`[${reason}]`];
}

function why({ OOMKilled, Error: error }: State): string | undefined {
  if (OOMKilled) return "it used more memory than it may have, and was killed";
  return error === "" ? undefined : error;
}

function momentOf(text: string): Date {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) || at.getTime() <= 0 ? new Date() : at;
}

function complain(reason: string): void {
  process.stderr.write(`bottle-dash: the end of an agent is not on record: ${reason}\n`);
}
