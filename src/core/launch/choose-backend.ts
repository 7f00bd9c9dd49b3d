// Which backend a bottle runs in: the one that was asked for, else the first that works here.

import type { Backend, Probe } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";

export interface Chosen {
  readonly backend: Backend;
  readonly probe: Extract<Probe, { available: true }>;
}

/** Throws `invalid` for an unknown name, `unavailable` with what to install when none works. */
export async function chooseBackend(backends: readonly Backend[], wanted: string | undefined): Promise<Chosen> {
  const candidates = wanted === undefined ? backends : backends.filter(({ name }) => name === wanted);
  if (candidates.length === 0) {
    const known = backends.map(({ name }) => name).join(", ");
    throw new BottleError("invalid", `there is no backend ${JSON.stringify(wanted)}`, {
      where: "backend",
      hint: `use one of: ${known}`,
    });
  }
  const refusals: string[] = [];
  for (const backend of candidates) {
    // oxlint-disable-next-line no-await-in-loop -- the first that works is taken: probing the rest would be wasted
    const probe = await backend.probe();
    if (probe.available) return { backend, probe };
    refusals.push(`${backend.name}: ${probe.why}; ${probe.hint}`);
  }
  throw new BottleError("unavailable", `no backend works here (${refusals.join(" | ")})`, {
    hint: "`bottle-dash doctor` shows what is missing",
  });
}
