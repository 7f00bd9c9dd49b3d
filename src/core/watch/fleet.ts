// Fills the fleet: from the files under the root and from the backends; and finishes what died half done.

import type { Backend } from "#contracts/backend.ts";
import type { Fleet } from "#domain/fleet/fleet.ts";
import { emptyFleet, reduceFleet } from "#domain/fleet/reduce.ts";

import { errorText } from "#core/error-text.ts";
import type { FleetStore } from "./fleet-store.ts";
import { scanRoot } from "./scan-root.ts";

/** The fleet as it stands, read once. A backend that fails costs its own rows and a problem. */
export async function takeSnapshot(root: string, backends: readonly Backend[], now: () => Date): Promise<Fleet> {
  let fleet = emptyFleet;
  await scanRoot(root, (event) => (fleet = reduceFleet(fleet, event, now())));
  const lists = await Promise.all(
    backends.map(async (backend) => {
      try {
        return await backend.list();
      } catch (error) {
        fleet = reduceFleet(
          fleet,
          { type: "problem", where: `backend ${backend.name}`, message: errorText(error) },
          now(),
        );
        return [];
      }
    }),
  );
  for (const { slug, status, activity } of lists.flat()) {
    fleet = reduceFleet(fleet, { type: "run-status", slug, status }, now());
    if (activity === undefined) continue;
    const at = now().toISOString();
    fleet = reduceFleet(fleet, { type: "activity", slug, activity, at, authority: "terminal" }, now());
  }
  return fleet;
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
      await backend.watch(store.dispatch, signal).catch((error: unknown) => {
        store.dispatch({ type: "problem", where, message: errorText(error) });
      });
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
