// Builds dist once before tests that run the built programs, when it is older than the sources.

import { buildAll } from "../build.ts";
import { distIsStale } from "../freshness.ts";

let building: Promise<void> | undefined;

export function setup(): Promise<void> {
  return (building ??= buildWhenStale());
}

/** A bundle that failed has been removed: the tests that need it fail by themselves, the others still tell something. */
async function buildWhenStale(): Promise<void> {
  if (!distIsStale()) return;
  for (const failure of await buildAll({ dev: false })) console.error(`build: ${failure}`);
}
