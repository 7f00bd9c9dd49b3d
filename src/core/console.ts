// The one core behind every face: puts the parts together and implements contracts/console.ts.
// What a command may not need (launching, deciding, definitions) is imported when it is asked for: `list` starts fast.

import type { Backend } from "#contracts/backend.ts";
import type { Console } from "#contracts/console.ts";

import { bottlesOf } from "./console/bottles.ts";
import { egressOf } from "./console/egress.ts";
import { insideOf } from "./console/inside.ts";
import type { ConsoleWorld } from "./console/part.ts";
import { recordsOf } from "./console/records.ts";
import { takeSnapshot, watchFleet } from "./watch/fleet.ts";
import { createFleetStore } from "./watch/fleet-store.ts";

export interface ConsoleOptions {
  readonly root: string;
  readonly cwd: string;
  /** The operator's environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly backends: readonly Backend[];
  readonly now?: () => Date;
}

export function createConsole({ now = () => new Date(), ...options }: ConsoleOptions): Console {
  const closing = new AbortController();
  const world: ConsoleWorld = { ...options, now, closed: closing.signal };
  const store = createFleetStore(now);
  const { untilIdle, ...inbox } = inboxOf(world);
  let watching: Promise<void> | undefined;
  const start = (): Promise<void> => (watching ??= watchFleet(world, world.backends, store, now, closing.signal));
  return {
    root: world.root,
    snapshot: () => takeSnapshot(world.root, world.backends, now),
    start,
    fleet: store.fleet,
    subscribe: store.subscribe,
    async end(slug, signal) {
      const { endOf } = await import("./console/end.ts");
      return await endOf(world, slug, { start, ...store }, AbortSignal.any([signal, closing.signal]));
    },
    async explain(slug) {
      const { explain } = await import("./console/explain.ts");
      return await explain(world.root, world.backends, slug, now);
    },
    ...bottlesOf(world),
    ...recordsOf(world),
    ...insideOf(world),
    ...inbox,
    egress: egressOf(world),
    async close() {
      closing.abort();
      await watching?.catch(() => {}); // its failure was told to whoever started it
      await untilIdle();
    },
  };
}

type Inbox = Pick<Console, "approve" | "reject" | "undo" | "proposal" | "history">;

/** `untilIdle`: a build that was given up has told what became of it. */
function inboxOf({ root, now, backends, closed }: ConsoleWorld): Inbox & { untilIdle(): Promise<void> } {
  let isOpen = false;
  const open = async (): Promise<Inbox> => {
    isOpen = true;
    const { openInbox } = await import("./console/inbox.ts");
    return openInbox(root, now, { backends, closed });
  };
  return {
    approve: async (id, options, progress) => await (await open()).approve(id, options, progress),
    reject: async (id, options) => await (await open()).reject(id, options),
    undo: async (id, notes) => await (await open()).undo(id, notes),
    proposal: async (id) => await (await open()).proposal(id),
    history: async () => await (await open()).history(),
    async untilIdle() {
      if (isOpen) await (await import("./rebuild/one-at-a-time.ts")).untilIdle();
    },
  };
}
