// Files in and out of a running bottle: as archives over the input and output of a program inside, since the engine's own
// way sees neither a read-only root's temporary folders nor works where the root is read-only.

import type { Readable } from "node:stream";

import type { CopiedOut } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { plainLine } from "#domain/plain-text.ts";
import { lstat } from "node:fs/promises";
import { parseDestination, parseSource, placeOf } from "#lib/copy/paths.ts";
import { copyToHost } from "#lib/copy/to-host.ts";
import { pack } from "#lib/tar/pack.ts";
import { unpack } from "#lib/tar/unpack.ts";

import type { DockerContext } from "../context.ts";
import { execInBottle } from "../exec/exec.ts";
import { runningContainer, startInside, type Inside } from "../exec/inside.ts";

export async function copyIn(context: DockerContext, slug: string, from: string, to: string): Promise<void> {
  const source = parseSource(from, process.cwd());
  const stats = await lstat(source.path).catch((cause: unknown) => {
    throw new BottleError("not-found", "there is no such file or folder", { where: from, cause });
  });
  const destination = parseDestination(to, INSIDE.home);
  const there = await whatIsInside(context, slug, destination.path);
  const place = placeOf({ ...source, isFolder: stats.isDirectory() }, destination, there);
  // Owned by whom it is unpacked by.
  const archive = pack(source.path, { as: place.name, uid: 0, gid: 0 });
  await runTar(context, slug, ["-xpf", "-", "--no-same-owner", "-C", place.folder], async ({ stdin }) => {
    for await (const piece of archive) {
      if (stdin.destroyed) break;
      if (!stdin.write(piece)) await drained(stdin);
    }
    stdin.end();
  });
}

/** `from` as one entry, whatever it is; a link stays one, and is left out when it leads elsewhere. */
export async function copyOut(context: DockerContext, slug: string, from: string, to: string): Promise<CopiedOut> {
  const source = parseSource(from, INSIDE.home);
  if ((await whatIsInside(context, slug, source.path)) === "nothing") {
    throw new BottleError("not-found", "there is no such file or folder in the bottle", { where: from });
  }
  return copyToHost(source, to, process.cwd(), async (folder) => {
    const parent = source.path.slice(0, -source.name.length) || "/";
    let leftOut: CopiedOut["leftOut"] = [];
    await runTar(context, slug, ["-cf", "-", "-C", parent, "--", `./${source.name}`], async ({ stdin, stdout }) => {
      stdin.end();
      leftOut = await unpack(stdout, folder);
    });
    return { leftOut };
  });
}

async function runTar(
  context: DockerContext,
  slug: string,
  args: readonly string[],
  transfer: (inside: Inside) => Promise<void>,
): Promise<void> {
  const container = await runningContainer(context, slug);
  const inside = await startInside(context, slug, container, { argv: ["tar", ...args], user: "node", cwd: "/" });
  inside.stdin.on("error", () => {}); // its exit code and its last words tell more
  const words = lastWords(inside.stderr);
  if (args[0] !== "-cf") inside.stdout.resume();
  let failure: unknown;
  try {
    await transfer(inside);
  } catch (error) {
    failure = error;
    await inside.kill().catch(() => {}); // it may write for ever
    inside.stdout.destroy();
  }
  const code = failure === undefined ? await inside.exitCode : 1;
  inside.stdin.destroy();
  if (code === 0) return;
  const said = plainLine(await words.all()).slice(0, 500);
  if (failure !== undefined && !/the archive ends in the middle/.test(messageOf(failure))) {
    if (failure instanceof BottleError) throw failure;
    throw new BottleError("failed", messageOf(failure), { where: slug, cause: failure });
  }
  const missing = code === 126 || code === 127;
  const what = missing ? "there is no tar in the bottle's image" : said || `tar ended with exit code ${code}`;
  throw new BottleError("failed", what, { where: slug, cause: failure });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "the transfer failed";
}

async function whatIsInside(
  context: DockerContext,
  slug: string,
  path: string,
): Promise<"folder" | "other" | "nothing"> {
  const script =
    'if [ -d "$1" ]; then echo folder; elif [ -e "$1" ] || [ -L "$1" ]; then echo other; else echo nothing; fi';
  const { exitCode, stdout, stderr } = await execInBottle(context, slug, {
    argv: ["/bin/sh", "-c", script, "look", path],
    cwd: "/",
    timeout: 30_000,
  });
  const answer = stdout.trim();
  if (exitCode === 0 && (answer === "folder" || answer === "other" || answer === "nothing")) return answer;
  throw new BottleError("failed", `cannot look into the bottle: ${plainLine(stderr) || `exit code ${exitCode}`}`, {
    where: slug,
  });
}

const WORDS_LIMIT = 4096;

function lastWords(stderr: Readable): { all(): Promise<string> } {
  let text = "";
  stderr.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString("utf8")).slice(-WORDS_LIMIT);
  });
  const ended = new Promise<void>((resolve) => stderr.once("end", () => resolve()).once("close", () => resolve()));
  const patience = new Promise<void>((resolve) => setTimeout(resolve, 2000).unref());
  return { all: () => Promise.race([ended, patience]).then(() => text) };
}

function drained(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done).off("close", done).off("error", done);
      resolve();
    };
    stream.on("drain", done).on("close", done).on("error", done);
  });
}
