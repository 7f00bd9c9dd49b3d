// Fills the fleet: from the files under the root and from the backends; and finishes what died half done.

import type { Backend, Listed } from "#contracts/backend.ts";
import type { Fleet } from "#domain/fleet/fleet.ts";
import { emptyFleet, reduceFleet } from "#domain/fleet/reduce.ts";

import { errorText } from "#core/error-text.ts";
import { readExit, statusOfExit } from "#lib/agent-end/ended.ts";
import { bottlePaths } from "#lib/paths.ts";

import type { FleetStore } from "./fleet-store.ts";
import { scanRoot } from "./scan-root.ts";

const ANSWER_MS = 5000;

/** The fleet as it stands, read once. A backend that fails costs its own rows and a problem. */
export async function takeSnapshot(root: string, backends: readonly Backend[], now: () => Date): Promise<Fleet> {
  let fleet = emptyFleet;
  await scanRoot(root, (event) => (fleet = reduceFleet(fleet, event, now())));
  const lists = await Promise.all(
    backends.map(async (backend) => {
      try {
        return await withActivity(backend, await inTime(backend.list()));
      } catch (error) {
        const message = errorText(error);
        fleet = reduceFleet(fleet, { type: "problem", where: `backend ${backend.name}`, message }, now());
        if (backend.host !== "local") {
          fleet = reduceFleet(fleet, { type: "host", host: backend.host, up: false, detail: message }, now());
        }
        return await lastKnown(root, fleet, backend.name);
      }
    }),
  );
  for (const { slug, status, activity = [] } of lists.flat()) {
    fleet = reduceFleet(fleet, { type: "run-status", slug, status }, now());
    for (const shown of activity) {
      fleet = reduceFleet(fleet, { type: "activity", slug, at: now().toISOString(), ...shown }, now());
    }
  }
  return fleet;
}

const ASKED_AT_ONCE = 8;
/** For all bottles of a backend: a list of hundreds must not take longer for what is good to know. */
const ACTIVITY_MS = 500;

/** Asks what the list left open; whoever has not answered in time stays without. */
async function withActivity(backend: Backend, listed: readonly Listed[]): Promise<Listed[]> {
  const told = [...listed];
  const open = [...told.entries()].filter(([, { status, activity }]) => status.phase === "running" && !activity);
  const signal = AbortSignal.timeout(ACTIVITY_MS);
  const ask = async (): Promise<void> => {
    for (let next = open.shift(); next !== undefined && !signal.aborted; next = open.shift()) {
      const [index, bottle] = next;
      // oxlint-disable-next-line no-await-in-loop -- so many at once, and no more
      const activity = await backend
        .open(bottle.slug)
        .activity?.(signal)
        .catch(() => undefined);
      if (activity !== undefined) told[index] = { ...bottle, activity };
    }
  };
  await inTime(Promise.all(Array.from({ length: ASKED_AT_ONCE }, ask)), ACTIVITY_MS).catch(() => {});
  return [...told];
}

/** A daemon that does not answer costs its own rows, and nobody's patience. */
async function inTime<T>(answer: Promise<T>, patienceMs = ANSWER_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not answer within ${patienceMs / 1000} s`)), patienceMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Of the bottles of a backend that does not answer: how they ended, where that is written down. */
async function lastKnown(root: string, { bottles }: Fleet, backend: string): Promise<Listed[]> {
  const its = bottles.filter((row) => row.backend === backend);
  const ends = await Promise.all(its.map(({ slug }) => readExit(bottlePaths(root, slug))));
  return its.flatMap(({ slug }, index) => {
    const exit = ends[index] ?? null;
    return exit === null ? [] : [{ slug, status: statusOfExit(exit) }];
  });
}

/** Resolves when the first scan is in `store`; watches until `signal` aborts. */
export async function watchFleet(
  from: { readonly root: string; readonly cwd: string },
  backends: readonly Backend[],
  store: FleetStore,
  now: () => Date,
  signal: AbortSignal,
): Promise<void> {
  const [{ watchRoot }, { watchDefinitions }, completer] = await Promise.all([
    import("./root.ts"),
    import("./definitions.ts"),
    openCompleter(from.root, backends, store, now, signal),
  ]);
  const look = (): void => completer.look(store.fleet());
  const unsubscribe = store.subscribe(look);
  signal.addEventListener("abort", () => {
    unsubscribe();
    completer.close();
  });
  await Promise.all([watchRoot(from.root, store.dispatch, signal), watchDefinitions(from, store.dispatch, signal)]);
  await Promise.all(
    backends.map(async (backend) => {
      const where = `backend ${backend.name}`;
      const watching = backend.watch(store.dispatch, signal).catch((error: unknown) => {
        store.dispatch({ type: "problem", where, message: errorText(error) });
      });
      await inTime(watching).catch(() => {}); // its rows come when it answers
    }),
  );
  look();
}

async function openCompleter(
  root: string,
  backends: readonly Backend[],
  store: FleetStore,
  now: () => Date,
  closed: AbortSignal,
) {
  const [{ createCompleter }, { openDesk }] = await Promise.all([
    import("#core/decide/complete.ts"),
    import("#core/decide/desk.ts"),
  ]);
  return createCompleter(openDesk(root, now, { backends, closed }), (id, error) => {
    store.dispatch({ type: "problem", where: `proposal ${id}`, message: errorText(error) });
  });
}
