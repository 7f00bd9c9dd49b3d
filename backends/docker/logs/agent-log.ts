// What an agent wrote, as lines, from the engine's log of its container; over several runs of the bottle while it is followed.

import type { Readable } from "node:stream";

import type { Container } from "dockerode";

import type { AgentLine, AgentLogOptions } from "#contracts/backend.ts";
import { openLog } from "#lib/log-file.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readRedactions } from "#lib/redact/redactions-file.ts";

import { agentContainer, type AgentContainer } from "../agent-containers.ts";
import type { DockerContext } from "../context.ts";
import { isGone } from "../engine-answers.ts";
import { LABEL, rootLabel } from "../names.ts";
import { logLines, type StampedLine } from "./log-lines.ts";

export async function readAgentLog(
  context: DockerContext,
  slug: string,
  { tail, since, follow = false, caughtUp = () => {} }: AgentLogOptions,
  line: (line: AgentLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const tell = ({ at, text }: StampedLine): void => {
    if (!signal.aborted) line({ at, text });
  };
  const runs = follow ? runsOf(context, slug, signal) : undefined;
  await runs?.ready;
  let container = await agentContainer(context, slug);
  let last = "";
  if (container !== undefined) {
    const past = await pastOf(context, container, tail, since);
    last = past.at(-1)?.moment ?? "";
    for (const each of past) tell(each);
  }
  caughtUp();
  if (runs === undefined) return;
  while (!signal.aborted) {
    // oxlint-disable-next-line no-await-in-loop -- one run after the other
    if (container !== undefined) await followOne(context, container, last, since, tell, signal);
    last = "";
    // oxlint-disable-next-line no-await-in-loop -- one run after the other
    container = await runs.next(container?.id);
  }
}

/** To be called before the containers of a bottle's last run are removed for the next one. */
export async function keepEndedLog(context: DockerContext, slug: string): Promise<void> {
  const container = await agentContainer(context, slug);
  if (container?.state === "over") await keepAgentLog(context, slug, container.id);
}

/** Writes what an agent said to the bottle's own logs: to be called once, just before its container is removed. */
export async function keepAgentLog(context: DockerContext, slug: string, id: string): Promise<void> {
  const lost = (reason: string): void => void process.stderr.write(`bottle-dash: ${slug}: its log is cut: ${reason}\n`);
  const file = openLog(bottlePaths(context.root, slug).logs.of("agent"), "agent", lost);
  try {
    for (const { at, text } of await pastOf(context, { id, slug }, undefined, undefined))
      file.write(text, new Date(at));
  } finally {
    await file.close();
  }
}

/** Marks and empty lines count for the engine, and are none for us. */
const MORE_THAN_TAIL = 3;
const AT_LEAST = 200;

async function pastOf(
  { engine, root }: DockerContext,
  { id, slug }: Pick<AgentContainer, "id" | "slug">,
  tail: number | undefined,
  since: Date | undefined,
): Promise<StampedLine[]> {
  const redactions = await readRedactions(bottlePaths(root, slug));
  const read = async (count: number | undefined): Promise<StampedLine[]> => {
    const lines: StampedLine[] = [];
    const splitter = logLines((line) => lines.push(line), redactions.open());
    splitter.push(
      await engine.docker.getContainer(id).logs({
        stdout: true,
        stderr: true,
        timestamps: true,
        follow: false,
        ...(count === undefined ? {} : { tail: count }),
        ...(since === undefined ? {} : { since: since.getTime() / 1000 }),
      }),
    );
    splitter.end();
    return lines;
  };
  try {
    if (tail === undefined) return await read(undefined);
    const some = await read(Math.max(AT_LEAST, tail * MORE_THAN_TAIL));
    return (some.length >= tail ? some : await read(undefined)).slice(tail === 0 ? Number.POSITIVE_INFINITY : -tail);
  } catch (error) {
    if (isGone(error)) return [];
    throw engine.error(error, "read the agent's log");
  }
}

async function followOne(
  { engine, root }: DockerContext,
  { id, slug }: AgentContainer,
  after: string,
  since: Date | undefined,
  tell: (line: StampedLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const container: Container = engine.docker.getContainer(id);
  const from = after === "" ? since?.getTime() : Date.parse(`${after.slice(0, 23)}Z`);
  const redactions = await readRedactions(bottlePaths(root, slug));
  try {
    const log = (await container.logs({
      stdout: true,
      stderr: true,
      timestamps: true,
      follow: true,
      ...(from === undefined ? {} : { since: from / 1000 }),
    })) as Readable;
    const stop = (): void => void log.destroy();
    signal.addEventListener("abort", stop, { once: true });
    const splitter = logLines(tell, redactions.open(), after);
    log.on("data", (chunk: Buffer) => splitter.push(chunk));
    await new Promise<void>((resolve) =>
      log
        .once("end", () => resolve())
        .once("close", () => resolve())
        .once("error", () => resolve()),
    );
    signal.removeEventListener("abort", stop);
    splitter.end();
  } catch (error) {
    if (!isGone(error) && !signal.aborted) throw engine.error(error, "follow the agent's log");
  }
}

interface Runs {
  readonly ready: Promise<void>;
  /** The container of the next run, which is not `before`; undefined when `signal` aborted. */
  next(before: string | undefined): Promise<AgentContainer | undefined>;
}

function runsOf(context: DockerContext, slug: string, signal: AbortSignal): Runs {
  const labels = [`${LABEL.root}=${rootLabel(context.root)}`, `${LABEL.slug}=${slug}`, `${LABEL.role}=agent`];
  let wake = (): void => {};
  signal.addEventListener("abort", () => wake(), { once: true });
  return {
    ready: context.engine.subscribe(
      labels,
      { onEvent: ({ action }) => action === "start" && wake(), resync: () => wake() },
      signal,
    ),
    async next(before) {
      for (;;) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (signal.aborted) return undefined;
        // oxlint-disable-next-line no-await-in-loop -- looked at once for each event
        const container = await agentContainer(context, slug).catch(() => undefined); // the daemon is down: it comes back
        if (container !== undefined && container.id !== before && container.state !== "created") return container;
        // oxlint-disable-next-line no-await-in-loop -- the same
        await woken;
      }
    },
  };
}
