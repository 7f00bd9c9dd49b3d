// The backends that the whole loop is run on, and what each needs.

import { requireDocker } from "./docker.ts";
import type { Requirement } from "./require.ts";

export interface LoopBackend {
  readonly name: string;
  readonly required: Requirement;
  /** For the built command: it takes this backend where nothing else is said. */
  readonly env: Readonly<Record<string, string>>;
}

export const LOOP_BACKENDS: readonly LoopBackend[] = [
  { name: "local", required: { skip: false, meta: {} }, env: { BOTTLE_BACKEND: "local" } },
  { name: "docker", required: await requireDocker(), env: { BOTTLE_BACKEND: "docker" } },
];
