// One build through the daemon's API: the context goes in as it is read, and what the build says comes out line by line.

import { Readable } from "node:stream";

import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import { splitLines } from "#lib/lines.ts";

import type { Engine } from "../engine/engine.ts";
import { writeTar, type TarEntry } from "./tar.ts";

export interface Build {
  /** What is built, for people: "the image claude". */
  readonly what: string;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Path of the Dockerfile in the context. */
  readonly dockerfile: string;
  readonly context: AsyncIterable<TarEntry> | Iterable<TarEntry>;
}

/** How much of what a build said last its error tells. */
const LAST_LINES = 8;

/** Returns the image's id. Throws `failed` with the failing step; an abort ends the build in the daemon too. */
export async function buildImage(
  engine: Engine,
  build: Build,
  output: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const said = createTranscript(output);
  const stream = await startBuild(engine, build, signal);
  await eachMessage(stream, (message) => said.take(message), signal).catch((cause: unknown) => {
    throw interrupted(build, signal) ?? engine.error(cause, `build ${build.what}`);
  });
  if (signal.aborted) throw interrupted(build, signal)!;
  if (said.error() !== undefined) throw failure(build, said);
  const { Id } = await engine.docker
    .getImage(build.tag)
    .inspect()
    .catch((cause: unknown) => {
      throw engine.error(cause, `find ${build.what} after it was built`);
    });
  return Id;
}

async function startBuild(engine: Engine, build: Build, signal: AbortSignal): Promise<Readable> {
  const { tag, labels, dockerfile } = build;
  const options = { t: tag, labels: { ...labels }, dockerfile, rm: true, forcerm: true, abortSignal: signal };
  try {
    return (await engine.docker.buildImage(Readable.from(writeTar(build.context)), options)) as Readable;
  } catch (cause) {
    throw interrupted(build, signal) ?? engine.error(cause, `build ${build.what}`);
  }
}

const Message = z.looseObject({
  stream: z.string().optional(),
  status: z.string().optional(),
  id: z.string().optional(),
  progress: z.string().optional(),
  error: z.string().optional(),
});
export type Message = z.infer<typeof Message>;

/** Each JSON message of a build or a pull. An error in them is a message like the others: the stream itself ends well. */
export async function eachMessage(
  stream: Readable,
  take: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
  const lines = splitLines((line) => {
    if (line === "") return;
    const parsed = Message.safeParse(parseJson(line));
    if (parsed.success) take(parsed.data);
  });
  const end = (): void => void stream.destroy(new Error("aborted"));
  stream.on("error", () => {}); // also after the end
  signal.addEventListener("abort", end, { once: true });
  try {
    for await (const chunk of stream) lines.push(chunk as Buffer);
    lines.end();
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

interface Transcript {
  take(message: Message): void;
  /** The last `Step 3/7 : RUN …`. */
  step(): string | undefined;
  last(): readonly string[];
  error(): string | undefined;
}

/** Control characters are stripped: what a build says is written by whoever wrote the programs that it runs. */
function createTranscript(output: (line: string) => void): Transcript {
  const last: string[] = [];
  let step: string | undefined;
  let error: string | undefined;
  const lines = splitLines((raw) => {
    const line = plain(raw);
    if (line === "") return;
    if (/^Step \d+\/\d+ : /.test(line)) {
      step = line;
      last.length = 0;
    } else if (!/^ ---> |^Removing intermediate container /.test(line)) {
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
    }
    output(line);
  }, 8192);
  return {
    take(message) {
      if (message.stream !== undefined) lines.push(message.stream);
      if (message.status !== undefined && message.progress === undefined) lines.push(`${message.status}\n`);
      if (message.error !== undefined) {
        lines.end();
        error = plain(message.error);
      }
    },
    step: () => step,
    last: () => last,
    error: () => error,
  };
}

/** A line that a program redraws by carriage returns is what it shows in the end. */
function plain(line: string): string {
  const shown = line.split("\r").findLast((part) => part !== "") ?? "";
  return shown
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g, "")
    .replace(/[\p{Cc}\p{Cf}]/gu, " ")
    .trimEnd();
}

function failure({ what }: Build, said: Transcript): BottleError {
  const last = said.last().filter((line) => line !== said.error());
  const lines = last.length === 0 ? "" : `\n  ${last.join("\n  ")}`;
  const at = said.step() === undefined ? "" : `${said.step()!.replace(/ {2,}/g, " ")}: `;
  return new BottleError("failed", `${at}${said.error()}${lines}`, { where: `building ${what}` });
}

function interrupted({ what }: Build, signal: AbortSignal): BottleError | undefined {
  if (!signal.aborted) return undefined;
  return new BottleError("failed", "was interrupted", { where: `building ${what}`, cause: signal.reason });
}
