// The daemon's stream of events, held open: a lost connection is told of and made again.

import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

import type Dockerode from "dockerode";
import * as z from "zod";

import { splitLines } from "#lib/lines.ts";

import type { EngineEvent, Subscriber } from "./engine.ts";

export interface Events {
  readonly docker: Pick<Dockerode, "getEvents">;
  error(cause: unknown, what: string): Error;
}

/** Between attempts, in milliseconds: doubled each time, up to the last. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
/** One event of the daemon's is far smaller, however many labels it carries. */
const LONGEST_LINE = 1_048_576;

export async function subscribeTo(
  events: Events,
  labels: readonly string[],
  subscriber: Subscriber,
  signal: AbortSignal,
): Promise<void> {
  const first = Promise.withResolvers<void>();
  void keepListening(events, labels, subscriber, signal, first.resolve).finally(first.resolve);
  await first.promise;
}

/** `tried` is called once the outcome of the first attempt is told. Ends when `signal` aborts; never rejects. */
async function keepListening(
  { docker, error }: Events,
  labels: readonly string[],
  subscriber: Subscriber,
  signal: AbortSignal,
  tried: () => void,
): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  let up: boolean | undefined;
  while (!signal.aborted) {
    const why = await listenOnce(docker, labels, subscriber, signal, async () => {
      if (up !== true) subscriber.onState?.({ up: true });
      up = true;
      await subscriber.resync();
      pause = FIRST_PAUSE_MS; // not before: a daemon that answers this alone is not asked four times a second
      tried();
    }).catch((cause: unknown) => cause);
    if (signal.aborted) return;
    if (up !== false) subscriber.onState?.({ up: false, why: error(why, "hear of events").message });
    up = false;
    tried();
    await delay(pause * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

/** Resolves with why the stream ended, once it did. */
async function listenOnce(
  docker: Events["docker"],
  labels: readonly string[],
  subscriber: Subscriber,
  signal: AbortSignal,
  connected: () => Promise<void>,
): Promise<unknown> {
  const filters = JSON.stringify({ label: labels });
  const stream = (await docker.getEvents({ filters, abortSignal: signal })) as Readable;
  const ended = new Promise<unknown>((resolve) => {
    // Also after its end: an error that nobody listens to would end the process.
    stream.on("error", resolve);
    stream.once("close", () => resolve(closed()));
    stream.once("end", () => resolve(closed()));
  });
  const lines = splitLines((line) => {
    const event = parseEvent(line);
    if (event !== undefined && !signal.aborted) subscriber.onEvent(event);
  }, LONGEST_LINE);
  // Heard from the first on, and looked at afresh after that: nothing is lost between the two.
  stream.on("data", (chunk: Buffer) => lines.push(chunk));
  try {
    await connected();
    return await ended;
  } finally {
    stream.destroy();
  }
}

const Message = z.object({
  Type: z.enum(["container", "network", "volume", "image"]),
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
  time: z.number(),
  timeNano: z.number().optional(),
});

/** Undefined for what is no event of the kinds that we know. */
export function parseEvent(line: string): EngineEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const parsed = Message.safeParse(value);
  if (!parsed.success) return undefined;
  const { Type, Action, Actor, time, timeNano } = parsed.data;
  const ms = timeNano === undefined ? time * 1000 : timeNano / 1e6;
  return { type: Type, action: Action, id: Actor.ID, attributes: Actor.Attributes ?? {}, at: new Date(ms) };
}

function closed(): Error {
  return Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" });
}
