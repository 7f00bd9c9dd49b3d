// Puts the operator into an agent's terminal, and back into the dashboard when he leaves or the agent ends.

import type { Console } from "#contracts/console.ts";

import { attachFitted, relayTerminal, type DetachKey } from "./attach.ts";
import type { Handover } from "./handover.ts";
import type { Store } from "./store.ts";

export interface Reattach {
  readonly console: Console;
  readonly slug: string;
  readonly store: Store;
  readonly handover: Handover;
  readonly detachKey: DetachKey;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

/** Throws `unavailable` when the bottle does not run; the dashboard stays on the screen then. */
export async function reattach({ console, slug, store, handover, detachKey, stdin, stdout }: Reattach): Promise<void> {
  const terminal = await attachFitted(() => console.attach(slug), stdout);
  let exited = false;
  await handover.during(async () => {
    exited = (await relayTerminal({ terminal, stdin, stdout, detachKey, name: slug })) === "exited";
  });
  const text = exited ? `${slug} ended while you were attached` : `detached from ${slug}; it goes on`;
  store.dispatch({ type: "notice", tone: exited ? "ask" : "info", text });
}
