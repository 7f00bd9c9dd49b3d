// The stream of JSON messages with which a daemon tells of a build or a pull.

import type { Readable } from "node:stream";

import * as z from "zod";

import { splitLines } from "#lib/lines.ts";

const Message = z.looseObject({
  stream: z.string().optional(),
  status: z.string().optional(),
  id: z.string().optional(),
  progress: z.string().optional(),
  error: z.string().optional(),
});
export type Message = z.infer<typeof Message>;

/** Each message, to the end. A failure is a message like the others, with an `error`: the stream itself ends well. */
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
