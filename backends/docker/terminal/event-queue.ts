// What waits for one reader of a terminal: bounded, since who falls behind gets a fresh start instead.

import type { ShellEvent } from "#domain/guest-agent/protocol.ts";
import type { Outlet } from "#lib/screen/subscribers.ts";

export interface EventQueue extends Outlet {
  readonly events: AsyncIterable<ShellEvent>;
  /** The reader gets what waits, then the end. */
  end(): void;
}

/** `drained` is called when the reader has taken all. */
export function eventQueue(drained: () => void): EventQueue {
  const waiting: ShellEvent[] = [];
  let queued = 0;
  let ended = false;
  let wake: () => void = () => {};

  async function* read(): AsyncGenerator<ShellEvent> {
    for (;;) {
      const event = waiting.shift();
      if (event !== undefined) {
        queued -= sizeOf(event);
        if (waiting.length === 0) drained();
        yield event;
      } else if (ended) return;
      else
        // oxlint-disable-next-line no-await-in-loop -- waits for the next event
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  return {
    events: read(),
    queued: () => queued,
    send(event) {
      if (ended) return;
      waiting.push(event);
      queued += sizeOf(event);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
  };
}

function sizeOf(event: ShellEvent): number {
  return event.type === "output" ? event.data.length : event.type === "reset" ? event.snapshot.length : 64;
}
