// What `bottle-dash watch --json` tells, as it comes: how the state of a bottle really went, and when it was known.

import { spawn } from "node:child_process";
import { once } from "node:events";

import type { BottleState } from "#domain/fleet/fleet.ts";
import { splitLines } from "#lib/lines.ts";
import type { WatchEvent } from "#modes/json/schemas.ts";
import { COMMAND, type OwnRoot } from "#tests/helpers/own-root.ts";

export interface Told {
  /** When the line was read here, in milliseconds since 1970. */
  readonly at: number;
  readonly event: WatchEvent;
}

export interface FleetWatch {
  readonly told: readonly Told[];
  /** A place in `told`: only what comes after it. */
  now(): number;
  /** The first that matches from `since` on; past ones too. Rejects with what was told when `patience` is over. */
  until(what: string, matches: (event: WatchEvent) => boolean, since?: number): Promise<Told>;
  untilState(slug: string, state: BottleState, since?: number): Promise<Told>;
  /** Resolves as soon as this is the last state that was told of it. */
  untilStands(slug: string, state: BottleState): Promise<void>;
  /** Each state that the bottle came into from `since` on. */
  states(slug: string, since: number): BottleState[];
  close(): Promise<void>;
}

const PATIENCE_MS = 30_000;

export function watchFleet({ env, root }: OwnRoot): FleetWatch {
  const child = spawn(COMMAND[0], [COMMAND[1], "watch", "--json"], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const told: Told[] = [];
  const looking = new Set<() => void>();
  const lines = splitLines((text) => {
    told.push({ at: Date.now(), event: JSON.parse(text) as WatchEvent });
    for (const look of looking) look();
  });
  child.stdout.on("data", (chunk: Buffer) => lines.push(chunk));

  const until: FleetWatch["until"] = (what, matches, since = 0) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = told.slice(since).find(({ event }) => matches(event));
        if (found === undefined) return;
        looking.delete(look);
        clearTimeout(patience);
        resolve(found);
      };
      const patience = setTimeout(() => {
        looking.delete(look);
        reject(new Error(`watch never told of ${what}; it told: ${summary(told.slice(since))}`));
      }, PATIENCE_MS);
      looking.add(look);
      look();
    });
  return {
    told,
    now: () => told.length,
    until,
    untilState: (slug, state, since) => until(`${slug} ${state}`, (event) => stateOf(event, slug) === state, since),
    async untilStands(slug, state) {
      const stands = (): boolean => {
        const last = told.findLast(({ event }) => stateOf(event, slug) !== undefined);
        return last !== undefined && stateOf(last.event, slug) === state;
      };
      await until(`${slug} to be ${state}`, stands);
    },
    states(slug, since) {
      const before = told.slice(0, since).flatMap(({ event }) => stateOf(event, slug) ?? []);
      const states = told.slice(since).flatMap(({ event }) => stateOf(event, slug) ?? []);
      return states.filter((state, index) => state !== (index === 0 ? before.at(-1) : states[index - 1]));
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

function stateOf(event: WatchEvent, slug: string): BottleState | undefined {
  return event.type === "bottle" && event.bottle.slug === slug ? event.bottle.state : undefined;
}

function summary(told: readonly Told[]): string {
  return told
    .map(({ event }) => (event.type === "bottle" ? `${event.bottle.slug} ${event.bottle.state}` : event.type))
    .join(", ");
}
