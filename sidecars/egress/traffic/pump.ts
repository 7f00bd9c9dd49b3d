// Moves a body from where it is read to where it is written, with back-pressure. What is read in one turn of the event
// loop is written as one piece: large TLS records and few system calls.

import type { Readable, Writable } from "node:stream";

/** A message of node:http writes to its socket: to cork that is safe, whatever its own framing does. */
type Sink = Writable & { readonly socket?: Writable | null };

export interface PumpEvents {
  readonly moved?: (bytes: number) => void;
  /** The source has ended; the sink has not. It is ended right after. */
  readonly ending?: () => void;
}

export function pump(source: Readable, sink: Sink, { moved, ending }: PumpEvents = {}): void {
  let corked: Writable | undefined;
  const uncork = (): void => {
    corked?.uncork();
    corked = undefined;
  };
  const resume = (): void => void source.resume();
  source.on("data", (chunk: Buffer) => {
    moved?.(chunk.length);
    if (corked === undefined) {
      corked = (sink.socket === undefined ? sink : sink.socket) ?? undefined;
      corked?.cork();
      setImmediate(uncork);
    }
    if (sink.write(chunk)) return;
    source.pause();
    sink.once("drain", resume);
  });
  source.once("end", () => {
    ending?.();
    sink.end();
  });
}
