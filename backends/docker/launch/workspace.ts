// Copies the operator's folder into the bottle's workspace: as an archive, unpacked inside by the bottle's own user.

import { realpath } from "node:fs/promises";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type Dockerode from "dockerode";

import { BottleError } from "#domain/bottle-error.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { demandGoOn } from "#lib/launch/steps.ts";

import { writeTar, type TarEntry } from "../images/tar.ts";
import { folderEntries } from "./folder-entries.ts";

const UNPACK = [
  "tar",
  "--extract",
  "--file=-",
  "--preserve-permissions",
  "--no-same-owner",
  "--touch",
  `--directory=${INSIDE.home}`,
];

/** `root` is never copied into its own bottle. */
export async function copyWorkspace(
  docker: Dockerode,
  container: Dockerode.Container,
  { from, root, signal }: { from: string; root: string; signal: AbortSignal },
): Promise<void> {
  try {
    const entries = folderEntries(await realpath(from), { as: "workspace", without: await realpath(root), signal });
    await unpack(docker, container, openFolders(entries));
  } catch (cause) {
    demandGoOn(signal);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BottleError("failed", `cannot be copied into the bottle (${reason})`, { where: from, cause });
  }
}

/** The workspace itself is 755, whatever its pattern is. */
async function* openFolders(entries: AsyncIterable<TarEntry>): AsyncGenerator<TarEntry> {
  for await (const entry of entries) {
    yield entry.type === "folder" && entry.path === "workspace" ? { ...entry, mode: 0o755 } : entry;
  }
}

async function unpack(
  docker: Dockerode,
  container: Dockerode.Container,
  entries: AsyncIterable<TarEntry>,
): Promise<void> {
  const exec = await container.exec({
    Cmd: UNPACK,
    User: "node",
    WorkingDir: INSIDE.home,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({ hijack: true, stdin: true });
  let said = "";
  const output = new PassThrough();
  output.on("data", (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-2000)));
  (docker.modem as { demuxStream(from: unknown, out: unknown, errors: unknown): void }).demuxStream(
    stream,
    output,
    output,
  );
  const over = new Promise<void>((resolve) => stream.once("end", resolve).once("close", resolve));
  try {
    await pipeline(Readable.from(writeTar(entries)), stream, { end: true });
  } catch (error) {
    stream.destroy(); // with its input at an end, tar ends
    throw error;
  }
  await over;
  const { ExitCode: code } = await exec.inspect();
  if (code !== 0) throw new Error(`tar in the bottle ended with ${code}: ${said.trim() || "no output"}`);
}
