// One build through the daemon's API: the context goes in as it is read, and what the build says comes out line by line.

import { Readable } from "node:stream";

import { BottleError } from "#domain/bottle-error.ts";

import type { Engine } from "../engine/engine.ts";
import { eachMessage } from "./messages.ts";
import { writeTar, type TarEntry } from "./tar.ts";
import { createTranscript, type Transcript } from "./transcript.ts";

export interface Build {
  /** What is built, for people: "the image claude". */
  readonly what: string;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Path of the Dockerfile in the context. */
  readonly dockerfile: string;
  readonly context: AsyncIterable<TarEntry> | Iterable<TarEntry>;
}

/** Returns the image's id. Throws `failed` with the failing step; an abort ends the build in the daemon too. */
export async function buildImage(
  engine: Engine,
  build: Build,
  output: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const said = createTranscript(output);
  const context = Readable.from(writeTar(build.context));
  try {
    await eachMessage(await startBuild(engine, build, context, signal), said.take, signal);
  } catch (cause) {
    throw interrupted(build, signal) ?? engine.error(cause, `build ${build.what}`);
  } finally {
    context.destroy(); // closes the file that it was at
  }
  const error = said.error();
  if (error !== undefined) throw interrupted(build, signal) ?? failure(build, said, error);
  const { Id } = await engine.docker
    .getImage(build.tag)
    .inspect()
    .catch((cause: unknown) => {
      throw engine.error(cause, `find ${build.what} after it was built`);
    });
  return Id;
}

async function startBuild(engine: Engine, build: Build, context: Readable, signal: AbortSignal): Promise<Readable> {
  const { tag, labels, dockerfile } = build;
  const options = { t: tag, labels: { ...labels }, dockerfile, rm: true, forcerm: true, abortSignal: signal };
  return (await engine.docker.buildImage(context, options)) as Readable;
}

function failure({ what }: Build, said: Transcript, error: string): BottleError {
  const step = said.step() === undefined ? "" : `${shortened(said.step()!)}: `;
  const last = said.last().filter((line) => line !== error);
  const lines = last.length === 0 ? "" : ` (${last.map(shortened).join(" / ")})`;
  return new BottleError("failed", `${step}${shortened(whatFailed(error))}${lines}`, {
    where: `building ${what}`,
    ...(/BuildKit|Unknown flag|unknown instruction: <<|--mount|--chmod/i.test(error)
      ? { hint: "write it without what BuildKit alone knows (RUN --mount, COPY --chmod, here-documents)" }
      : {}),
  });
}

/** The daemon repeats the whole command, which the step says already. */
function whatFailed(error: string): string {
  const code = /returned a non-zero code: (\d+)$/.exec(error)?.[1];
  return code === undefined ? error : `ended with ${code}`;
}

function shortened(line: string): string {
  const one = line.replace(/\s+/g, " ").trim();
  return one.length > 240 ? `${one.slice(0, 239)}…` : one;
}

function interrupted({ what }: Build, signal: AbortSignal): BottleError | undefined {
  if (!signal.aborted) return undefined;
  return new BottleError("failed", "was interrupted", { where: `building ${what}`, cause: signal.reason });
}
