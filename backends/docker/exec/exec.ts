// One command of the operator's in a bottle, from its input to its exit code.

import type { Readable } from "node:stream";

import type { Exec, ExecResult } from "#contracts/backend.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { DockerContext } from "../context.ts";
import { runningContainer, startInside } from "./inside.ts";

const OUTPUT_LIMIT = 16 * 1_048_576;
const TIMED_OUT = 124;
/** What was killed has this long to be gone. */
const LAST_MS = 2000;

export async function execInBottle(context: DockerContext, slug: string, command: Exec): Promise<ExecResult> {
  const { argv, user = "node", cwd = INSIDE.home, env, input, timeout, signal, output } = command;
  signal?.throwIfAborted();
  const container = await runningContainer(context, slug);
  const inside = await startInside(context, slug, container, { argv, user, cwd, ...(env !== undefined && { env }) });
  const [stdout, stderr] = [
    collect(inside.stdout, output && ((bytes) => output("stdout", bytes))),
    collect(inside.stderr, output && ((bytes) => output("stderr", bytes))),
  ];
  inside.stdin.on("error", () => {}); // it need not read its input
  inside.stdin.end(input);

  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<"late">((resolve) => {
    if (timeout !== undefined) late = setTimeout(() => resolve("late"), timeout);
    signal?.addEventListener("abort", () => resolve("late"), { once: true });
  });
  const end = await Promise.race([inside.exitCode, tooLate]).finally(() => clearTimeout(late));
  if (end === "late") {
    await inside.kill();
    const gone = new Promise<void>((resolve) => setTimeout(resolve, LAST_MS).unref());
    await Promise.race([inside.exitCode.catch(() => {}), gone]);
    inside.stdin.destroy();
    signal?.throwIfAborted();
  } else await Promise.all([stdout.ended, stderr.ended]);
  const result = {
    exitCode: end === "late" ? TIMED_OUT : end,
    stdout: stdout.text(),
    stderr: stderr.text(),
    cut: stdout.isCut() || stderr.isCut(),
  };
  const told = notStarted(result, argv[0] ?? "", cwd) ?? result;
  if (output !== undefined && told.stdout !== "") output("stdout", Buffer.from(told.stdout));
  if (output !== undefined && told.stderr !== "") output("stderr", Buffer.from(told.stderr));
  return output === undefined ? told : { ...told, stdout: "", stderr: "" };
}

const ENGINE_SAYS = /^OCI runtime exec failed|^[^\n]{0,200}unable to find user/;

/** The engine tells on stdout what it could not start, with exit code 126 whatever the reason. */
function notStarted({ exitCode, stdout }: ExecResult, name: string, cwd: string): ExecResult | undefined {
  if ((exitCode !== 126 && exitCode !== 127) || !ENGINE_SAYS.test(stdout)) return undefined;
  const says = (code: number, text: string): ExecResult => ({
    exitCode: code,
    stdout: "",
    stderr: `${text}\n`,
    cut: false,
  });
  if (/unable to find user/.test(stdout)) return says(126, "there is no such user in the bottle");
  if (/chdir to cwd|mkdir .*: (read-only|permission)/.test(stdout)) {
    return says(126, `${plainLine(cwd)}: there is no such folder in the bottle, or it may not be entered`);
  }
  if (/executable file not found|no such file or directory/.test(stdout)) {
    return says(127, `${plainLine(name)}: not found in the bottle`);
  }
  if (/permission denied/.test(stdout)) return says(126, `${plainLine(name)}: may not be run`);
  return says(126, plainLine(stdout).slice(0, 500));
}

interface Collected {
  readonly ended: Promise<void>;
  text(): string;
  isCut(): boolean;
}

/** With `tell` nothing is kept but what the engine may have said instead of the program. */
function collect(stream: Readable, tell: ((bytes: Buffer) => void) | undefined): Collected {
  const chunks: Buffer[] = [];
  let size = 0;
  let cut = false;
  let isEngines: boolean | undefined;
  stream.on("data", (chunk: Buffer) => {
    isEngines ??= ENGINE_SAYS.test(chunk.toString("latin1"));
    if (tell !== undefined && !isEngines) return tell(chunk);
    const kept = chunk.subarray(0, OUTPUT_LIMIT - size);
    if (kept.length < chunk.length) cut = true;
    if (kept.length > 0) chunks.push(kept);
    size += kept.length;
  });
  return {
    ended: new Promise((resolve) => stream.once("end", () => resolve()).once("close", () => resolve())),
    text: () => Buffer.concat(chunks).toString("utf8"),
    isCut: () => cut,
  };
}
