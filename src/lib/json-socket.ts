// Newline-delimited JSON over a socket: each message checked by a schema, bad ones answered by the caller.

import type { Socket } from "node:net";
import type * as z from "zod";

import { splitLines } from "./lines.ts";

export interface JsonSocket<Out> {
  /** False when the peer reads too slowly: wait for `drain` on the socket. */
  send(message: Out): boolean;
  close(): void;
  readonly socket: Socket;
}

/** `bad` gets the reason and, where it could be read, the message's raw text (cut at 200 characters). */
export function jsonSocket<In extends z.ZodType, Out>(
  socket: Socket,
  schema: In,
  on: { message: (message: z.infer<In>) => void; bad: (reason: string, text: string) => void; closed: () => void },
  limit = 4 * 1_048_576,
): JsonSocket<Out> {
  const splitter = splitLines((text, cut) => {
    if (text.trim() === "") return;
    if (cut) return on.bad(`a message over ${limit} characters`, text.slice(0, 200));
    const parsed = parseJson(text);
    const checked = parsed === undefined ? undefined : schema.safeParse(parsed.value);
    if (checked === undefined) return on.bad("not JSON", text.slice(0, 200));
    if (checked.success) return on.message(checked.data);
    on.bad(
      checked.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "),
      text.slice(0, 200),
    );
  }, limit);
  socket.on("data", (chunk) => splitter.push(chunk));
  socket.on("error", () => {}); // `close` follows and tells
  socket.on("close", () => on.closed());
  return {
    send: (message) => socket.writable && socket.write(`${JSON.stringify(message)}\n`),
    close: () => socket.end(),
    socket,
  };
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
