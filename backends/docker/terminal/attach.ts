// One viewer's connection to an agent's terminal: replays the container's log up to a mark, then follows its live output
// from the same mark on, so that nothing is missing and nothing comes twice.

import type { Duplex } from "node:stream";

import type { Container } from "dockerode";

import type { Terminal } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readRedactions } from "#lib/redact/redactions-file.ts";
import type { Redactor } from "#lib/redact/redactor.ts";
import { openScreen, type Screen } from "#lib/screen/screen.ts";

import { agentContainer } from "../agent-containers.ts";
import type { DockerContext } from "../context.ts";
import { LABEL, rootLabel } from "../names.ts";
import { settle } from "../settle.ts";
import { answerer } from "./answering.ts";
import { connectTerminal } from "./connection.ts";
import { eventQueue } from "./event-queue.ts";
import { liveOutput, type LiveOutput } from "./live-output.ts";
import { replayLog } from "./replay.ts";
import { signalAgent } from "./signal.ts";
import { latestOnly } from "./latest-only.ts";
import { keepSize, readSize, sizeWithin } from "./size.ts";
import { newMark, writeMark } from "./write-mark.ts";

/** Input that the agent leaves unread beyond this is dropped. */
const UNREAD_LIMIT = 4 * 1_048_576;
const MARK_PATIENCE_MS = 6000;

export async function attachTo(context: DockerContext, slug: string): Promise<Terminal> {
  const paths = bottlePaths(context.root, slug);
  const found = await agentContainer(context, slug);
  if (found?.state !== "running") throw notRunning(slug);
  const container = context.engine.docker.getContainer(found.id);
  const connection = await connectTerminal(container).catch((cause: unknown) => {
    throw notRunning(slug, cause);
  });
  const leaving = new AbortController();
  const answers = answerer(paths, (data) => void connection.write(data));
  try {
    const redactions = await readRedactions(paths);
    const screen = openScreen(await readSize(paths), answers.answer, undefined, undefined, redactions.text);
    const redactor = redactions.open();
    const live = liveOutput(connection, screen, redactor);
    await followSize(context, slug, container.id, screen, leaving.signal);
    await replay(container, { screen, redactor, live }, leaving.signal);
    const queue = eventQueue(() => subscription.drained());
    const { snapshot, cols, rows } = screen.state();
    const subscription = screen.subscribers.add(queue, true);
    answers.begin();
    live.begin(() => {});
    void live.ended.then(async () => {
      answers.end();
      if (!leaving.signal.aborted) await tellEnd(context, container, slug, screen);
      leaving.abort();
      queue.end();
    });
    return {
      cols,
      rows,
      snapshot,
      events: queue.events,
      write(data) {
        if (connection.writable && connection.writableLength + data.length <= UNREAD_LIMIT) connection.write(data);
      },
      resize: latestOnly((newCols, newRows) => resize(context, container, slug, newCols, newRows)),
      signal: (signal) => signalAgent(context, container, signal),
      detach() {
        leaving.abort();
        leave(connection);
      },
    };
  } catch (error) {
    leaving.abort();
    leave(connection);
    throw error;
  }
}

function notRunning(slug: string, cause?: unknown): BottleError {
  return new BottleError("unavailable", "the bottle does not run", {
    where: slug,
    hint: "see `bottle-dash list`",
    ...(cause === undefined ? {} : { cause }),
  });
}

function leave(connection: Duplex): void {
  connection.destroy();
}

/** Without a mark (nothing can be started in the container) the log is all that can be shown, without its last line. */
async function replay(
  container: Container,
  { screen, redactor, live }: { readonly screen: Screen; readonly redactor: Redactor; readonly live: LiveOutput },
  signal: AbortSignal,
): Promise<void> {
  const mark = newMark();
  const met = live.waitFor(mark);
  met.catch(() => {}); // waited for below
  const reading = new AbortController();
  const log = replayLog(container, screen, redactor, mark, AbortSignal.any([signal, reading.signal]));
  log.catch(() => {});
  let late: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error("the mark did not come")), MARK_PATIENCE_MS);
  });
  try {
    await Promise.race([writeMark(container, mark).then(() => met), patience]);
    await Promise.race([log, patience]);
  } catch {
    reading.abort();
    await log.catch(() => {});
  } finally {
    clearTimeout(late);
  }
}

/** The engine tells every viewer of a new size. */
async function followSize(
  context: DockerContext,
  slug: string,
  id: string,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const labels = [`${LABEL.root}=${rootLabel(context.root)}`, `${LABEL.slug}=${slug}`, `${LABEL.role}=agent`];
  const take = (cols: number, rows: number): void => {
    const size = sizeWithin(cols, rows);
    if (size !== undefined && (size.cols !== screen.cols || size.rows !== screen.rows)) {
      screen.resize(size.cols, size.rows, () => {});
    }
  };
  await context.engine.subscribe(
    labels,
    {
      onEvent({ action, id: of, attributes }) {
        if (action === "resize" && of === id) take(Number(attributes["width"]), Number(attributes["height"]));
      },
      async resync() {
        const { cols, rows } = await readSize(bottlePaths(context.root, slug));
        take(cols, rows);
      },
    },
    signal,
  );
}

async function resize(
  context: DockerContext,
  container: Container,
  slug: string,
  cols: number,
  rows: number,
): Promise<void> {
  const size = sizeWithin(cols, rows);
  if (size === undefined) return;
  await keepSize(bottlePaths(context.root, slug), size);
  await container.resize({ w: size.cols, h: size.rows });
}

const END_PATIENCE_MS = 5000;

/** The connection may also end because the daemon did: then there is no end of the agent to tell. */
async function tellEnd(context: DockerContext, container: Container, slug: string, screen: Screen): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    late = setTimeout(resolve, END_PATIENCE_MS);
  });
  await Promise.race([container.wait({ condition: "not-running" }).catch(() => {}), patience]);
  clearTimeout(late);
  const exit = await settle(context, { id: container.id, slug }).catch(() => null);
  screen.tellLastLine();
  if (exit !== null) screen.subscribers.state({ type: "exit", exit });
}
