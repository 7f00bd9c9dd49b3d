// One viewer's connection to an agent's terminal.

import * as z from "zod";

import type { Terminal } from "#contracts/backend.ts";
import type { ShellEvent } from "#domain/guest-agent/protocol.ts";

import type { GuestClient } from "./sockets/guest-client.ts";

const Subscribed = z.looseObject({ snapshot: z.string(), cols: z.int(), rows: z.int() });

/** Events that wait for a slow reader before the connection is held back, and how few let it go on. */
const HOLD_AT = 256;
const GO_ON_AT = 64;
const WRITE_LIMIT = 262_144;

export async function attachTo(client: GuestClient): Promise<Terminal> {
  const queue = eventQueue(client);
  const { snapshot, cols, rows } = Subscribed.parse(await client.subscribe(true, queue.push));
  const unheard = (): void => {}; // an agent that has ended meanwhile is told by the events
  return {
    cols,
    rows,
    snapshot,
    events: queue.events,
    write(data) {
      for (let start = 0; start < data.length;) {
        const end = cutAt(data, start);
        client.request({ action: "write_shell", shell: "agent", data: data.slice(start, end) }).catch(unheard);
        start = end;
      }
    },
    resize(newCols, newRows) {
      client.request({ action: "resize_shell", shell: "agent", cols: newCols, rows: newRows }).catch(unheard);
    },
    async signal(signal) {
      await client.request({ action: "signal_shell", shell: "agent", signal });
    },
    detach: () => client.close(),
  };
}

/** Never between the two halves of a character. */
function cutAt(data: string, start: number): number {
  const end = Math.min(data.length, start + WRITE_LIMIT);
  const last = data.charCodeAt(end - 1);
  return end < data.length && last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}

function eventQueue(client: GuestClient): { push: (event: ShellEvent) => void; events: AsyncIterable<ShellEvent> } {
  const waiting: ShellEvent[] = [];
  let wake: () => void = () => {};
  let closed = false;
  void client.closed.then(() => {
    closed = true;
    wake();
  });
  async function* read(): AsyncGenerator<ShellEvent> {
    for (;;) {
      const event = waiting.shift();
      if (event !== undefined) {
        if (waiting.length === GO_ON_AT) client.resume();
        yield event;
      } else if (closed) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  return {
    push(event) {
      waiting.push(event);
      if (waiting.length === HOLD_AT) client.pause();
      wake();
    },
    events: read(),
  };
}
