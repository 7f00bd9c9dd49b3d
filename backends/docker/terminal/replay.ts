// Brings a screen to where an agent's terminal stood, from the container's log.

import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

import type { Container } from "dockerode";

import type { Redactor } from "#lib/redact/redactor.ts";
import { holdSequences } from "#lib/screen/hold-sequences.ts";
import type { Screen } from "#lib/screen/screen.ts";

import { markFilter, type Piece } from "./marks.ts";
import { boundedPast } from "./past.ts";

/**
 * Up to the mark `until`, else up to the end of a container that ended. Resolves when all is on the screen; false when the
 * mark did not come. What the log has after the mark is left out, also a sequence that is cut there: live output goes on.
 */
export async function replayLog(
  container: Container,
  screen: Screen,
  redactor: Redactor,
  until: string | undefined,
  signal?: AbortSignal,
): Promise<boolean> {
  const past = boundedPast();
  const decoder = new StringDecoder("utf8");
  const holder = holdSequences();
  const take = (bytes: Buffer): void => past.push(holder.push(decoder.write(bytes)));
  const found = await readUntil(container, until, (bytes) => take(redactor.push(bytes)), signal);
  take(redactor.flush());
  past.push(holder.push(decoder.end()) + holder.flush());
  for (const piece of past.take()) screen.show(piece, 0);
  await new Promise<void>((resolve) => screen.afterAll(resolve));
  return found;
}

async function readUntil(
  container: Container,
  until: string | undefined,
  take: (bytes: Buffer) => void,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const log = (await container.logs({ stdout: true, stderr: true, follow: true })) as Readable;
  const filter = markFilter();
  const stop = (): void => void log.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  const isIt = (piece: Piece): boolean => piece.type === "mark" && piece.name === until;
  const takeAll = (pieces: readonly Piece[]): boolean => {
    for (const piece of pieces) {
      if (isIt(piece)) return true;
      if (piece.type === "bytes") take(piece.bytes);
    }
    return false;
  };
  try {
    for await (const chunk of log) if (takeAll(filter.push(chunk as Buffer))) return true;
    return takeAll(filter.end());
  } catch (error) {
    if (signal?.aborted === true) return false;
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    log.destroy();
  }
}
