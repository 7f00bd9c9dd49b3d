// A program of ours or of the operator's in a running container, with its input and output.

import { randomBytes } from "node:crypto";
import { PassThrough, type Duplex, type Readable, type Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

import type { Container, Exec } from "dockerode";

import { BottleError } from "#domain/bottle-error.ts";

import { agentContainer } from "../agent-containers.ts";
import type { DockerContext } from "../context.ts";
import { isConflict, isGone } from "../engine-answers.ts";
import { frameReader } from "./frames.ts";

export interface Command {
  readonly argv: readonly string[];
  /** The container's own unless said otherwise. */
  readonly user?: string;
  readonly cwd?: string;
  /** Goes through the engine's API, never through an argument list. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Inside {
  readonly stdin: Writable;
  /** Both must be read: a full one holds the program up. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exitCode: Promise<number>;
  /** With everything that it started and that kept its environment. */
  kill(): Promise<void>;
}

/** Throws `unavailable` when the bottle does not run. */
export async function runningContainer(context: DockerContext, slug: string): Promise<Container> {
  const found = await agentContainer(context, slug);
  if (found?.state === "running") return context.engine.docker.getContainer(found.id);
  throw notRunning(slug);
}

function notRunning(slug: string, cause?: unknown): BottleError {
  return new BottleError("unavailable", "the bottle does not run", {
    where: slug,
    hint: `start it: \`bottle-dash resume ${slug}\``,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** By this variable a program and its children are found again: destroying the connection would end none of them. */
const NAME = "BOTTLE_DASH_EXEC";

export async function startInside(
  context: DockerContext,
  slug: string,
  container: Container,
  { argv, user, cwd, env = {} }: Command,
): Promise<Inside> {
  const name = randomBytes(12).toString("hex");
  try {
    const exec = await container.exec({
      Cmd: [...argv],
      ...(user === undefined ? {} : { User: user }),
      ...(cwd === undefined ? {} : { WorkingDir: cwd }),
      Env: Object.entries({ ...env, [NAME]: name }).map(([key, value]) => `${key}=${value}`),
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const connection = await exec.start({ hijack: true, stdin: true });
    return { ...outputOf(connection, exec), kill: () => killNamed(container, name, user) };
  } catch (error) {
    if (isGone(error) || isConflict(error)) throw notRunning(slug, error);
    const refused = refusalOf(error);
    if (refused !== undefined) return refusedBy(refused);
    throw context.engine.error(error, "run a command in the bottle");
  }
}

function outputOf(connection: Duplex, exec: Exec): Omit<Inside, "kill"> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const pass = (to: PassThrough) => (bytes: Buffer) => {
    if (to.write(bytes) || to.destroyed) return;
    connection.pause();
    to.once("drain", () => connection.resume());
  };
  const frames = frameReader({ stdout: pass(stdout), stderr: pass(stderr) });
  const ended = Promise.withResolvers<void>();
  const end = (): void => {
    stdout.end();
    stderr.end();
    ended.resolve();
  };
  for (const output of [stdout, stderr]) output.on("error", () => {}).on("close", () => connection.resume());
  connection.on("data", (chunk: Buffer) => frames.push(chunk));
  connection.on("error", () => {}); // `close` follows
  connection.once("end", end).once("close", end);
  return { stdin: connection, stdout, stderr, exitCode: ended.promise.then(() => codeOf(exec)) };
}

const CODE_PATIENCE_MS = 5000;

/** The output may end a moment before the engine knows of the end. */
async function codeOf(exec: Exec): Promise<number> {
  for (let waited = 0; ; waited += 20) {
    // oxlint-disable-next-line no-await-in-loop -- until the engine knows
    const { Running, ExitCode } = await exec.inspect();
    if (!Running && ExitCode !== null) return ExitCode;
    if (waited > CODE_PATIENCE_MS) throw new BottleError("failed", "the command's end is not known to the engine");
    // oxlint-disable-next-line no-await-in-loop -- the same
    await delay(20);
  }
}

// Its own environment has no such name: it is told what to look for as an argument.
const KILL = `for entry in /proc/[0-9]*; do
  case $(cat "$entry/environ" 2> /dev/null) in *"$1"*) kill -KILL "\${entry#/proc/}";; esac
done 2> /dev/null`;

async function killNamed(container: Container, name: string, user: string | undefined): Promise<void> {
  const exec = await container.exec({
    Cmd: ["/bin/sh", "-c", KILL, "kill", `${NAME}=${name}`],
    ...(user === undefined ? {} : { User: user }),
    AttachStdout: true,
    AttachStderr: true,
  });
  const output = await exec.start({ hijack: true, stdin: false });
  output.on("error", () => {}).resume();
  await new Promise<void>((resolve) => output.once("end", () => resolve()).once("close", () => resolve()));
}

/** Newer engines refuse what older ones write to the program's output. */
function refusalOf(error: unknown): string | undefined {
  const text = error instanceof Error ? error.message : "";
  return /OCI runtime exec failed|unable to find user/.test(text) ? text : undefined;
}

function refusedBy(text: string): Inside {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.resume();
  stdout.end(text);
  stderr.end();
  return { stdin, stdout, stderr, exitCode: Promise.resolve(126), kill: () => Promise.resolve() };
}
