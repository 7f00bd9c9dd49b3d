// Where signal handlers and sockets leave events: they only record, the loop takes and acts.

import type { InitEvent } from "./plan-actions.ts";

export interface Mailbox {
  post(event: InitEvent): void;
  /** The oldest event; waits for one. */
  take(): Promise<InitEvent>;
}

export function newMailbox(): Mailbox {
  let waiting: InitEvent[] = [];
  let wake: () => void = () => {};
  return {
    post(event) {
      waiting = fold(waiting, event);
      wake();
    },
    async take() {
      while (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const [oldest, ...rest] = waiting;
      waiting = rest;
      return oldest as InitEvent;
    },
  };
}

/** Adds `event`, unless it is a request of which one waits already: ten reloads at once are one. */
export function fold(waiting: readonly InitEvent[], event: InitEvent): InitEvent[] {
  const repeated = isRequest(event) && waiting.some(({ type }) => type === event.type);
  return repeated ? [...waiting] : [...waiting, event];
}

function isRequest({ type }: InitEvent): boolean {
  return type === "stop-requested" || type === "reload-requested" || type === "pipelock-restart-requested";
}
