// The backends there are: one line each.

import type { Backend } from "#contracts/backend.ts";

import { dockerBackend } from "./docker/index.ts";
import { localBackend } from "./local/index.ts";

export function createBackends({ root, env }: { root: string; env: NodeJS.ProcessEnv }): Backend[] {
  return [localBackend({ root, mechanism: env["BOTTLE_SANDBOX"] }), dockerBackend({ root, env })];
}
