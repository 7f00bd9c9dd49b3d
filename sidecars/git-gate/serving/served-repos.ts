// The repositories of one gate as its two servers see them: which there are, how to make one fresh, how to run git on it.

import type { GateRepo } from "#domain/git-gate/gate.ts";

import type { GatePaths } from "../gate-paths.ts";
import type { Environment } from "../git/environment.ts";
import type { Freshness } from "../upstream/freshness.ts";
import type { Slots } from "./slots.ts";

export interface ServedRepo {
  readonly repo: GateRepo;
  readonly freshness: Freshness;
  /** What the hook of a push is told, the bottle's secrets among it; for pushes alone. */
  readonly hookEnv: Environment;
}

export interface Served {
  readonly paths: GatePaths;
  readonly repos: ReadonlyMap<string, ServedRepo>;
  /** Of every git process that serves. */
  readonly env: Environment;
  readonly maxPackBytes: number;
  /** Readers and pushers have places of their own, so that neither keeps the other out. */
  readonly readers: Slots;
  readonly pushers: Slots;
  readonly say: (text: string) => void;
}

/** A clone asks several times in a row; between its questions the upstream is not asked again. */
export const SAME_CLIENT_MS = 10_000;

/** One line for the agent when the mirror cannot be made fresh; undefined when it is. */
export async function whyNotFresh(
  { repo, freshness }: ServedRepo,
  say: Served["say"],
  withinMs?: number,
): Promise<string | undefined> {
  try {
    await freshness.ensure(withinMs);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say(`${repo.name}: ${why}`);
    return why;
  }
}
