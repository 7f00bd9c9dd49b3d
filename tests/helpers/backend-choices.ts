// Backends as a console would tell of them: what a test does not say works.

import type { Capabilities } from "#contracts/backend.ts";
import type { BackendChoice } from "#contracts/console.ts";

const can = { can: true } as const;
const EVERYTHING: Capabilities = {
  rebuild: can,
  pause: can,
  snapshot: can,
  stats: can,
  workspaceCopy: can,
  resume: can,
  exec: can,
  copy: can,
};

export function aBackend({
  capabilities = {},
  ...more
}: Partial<Omit<BackendChoice, "capabilities">> & { capabilities?: Partial<Capabilities> } = {}): BackendChoice {
  return {
    name: "docker",
    host: "local",
    probe: { available: true, version: "20.10.24", mechanism: "docker/runc", weaknesses: [] },
    ...more,
    capabilities: { ...EVERYTHING, ...capabilities },
  };
}
