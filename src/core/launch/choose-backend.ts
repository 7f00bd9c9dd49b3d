// Which backend a bottle runs in: the one that was asked for, else the first that works here.

import type { Backend, Probe } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";

export interface Chosen {
  readonly backend: Backend;
  readonly probe: Extract<Probe, { available: true }>;
}

/** A name, and who said it: for the error when there is no such backend. */
export interface Wanted {
  readonly name: string;
  readonly where: string;
}

/** What was asked for with this launch, else the definition's, else the operator's own default. */
export function wantedBackend(
  asked: string | undefined,
  bottle: { readonly name: string; readonly backend: string | undefined },
  env: NodeJS.ProcessEnv,
  configured: string | undefined,
): Wanted | undefined {
  if (asked !== undefined) return { name: asked, where: "backend" };
  if (bottle.backend !== undefined) return { name: bottle.backend, where: `bottle ${bottle.name}: backend` };
  return preferredBackend(env, configured);
}

/** The operator's own default. */
export function preferredBackend(env: NodeJS.ProcessEnv, configured: string | undefined): Wanted | undefined {
  const fromEnv = env["BOTTLE_BACKEND"];
  if (fromEnv !== undefined && fromEnv !== "") return { name: fromEnv, where: "BOTTLE_BACKEND" };
  return configured === undefined ? undefined : { name: configured, where: "config.yml: backend" };
}

/** Throws `invalid` for an unknown name, `unavailable` with what to install when none works. */
export async function chooseBackend(backends: readonly Backend[], wanted: Wanted | undefined): Promise<Chosen> {
  const candidates = wanted === undefined ? backends : backends.filter(({ name }) => name === wanted.name);
  if (wanted !== undefined && candidates.length === 0) throw unknownBackend(backends, wanted);
  const refusals: string[] = [];
  for (const backend of candidates) {
    // oxlint-disable-next-line no-await-in-loop -- the first that works is taken: probing the rest would be wasted
    const probe = await backend.probe();
    if (probe.available) return { backend, probe };
    refusals.push(`${backend.name}: ${probe.why}; ${probe.hint}`);
  }
  const what = wanted === undefined ? "no backend works here" : `the backend ${wanted.name} does not work here`;
  throw new BottleError("unavailable", `${what} (${refusals.join(" | ")})`, {
    hint: "`bottle-dash doctor` shows what is missing",
  });
}

function unknownBackend(backends: readonly Backend[], { name, where }: Wanted): BottleError {
  const known = backends.map((backend) => backend.name).join(", ");
  const isHost = name.startsWith("docker:");
  return new BottleError("invalid", `there is no backend ${JSON.stringify(name)}`, {
    where,
    hint: isHost ? `add it to docker.hosts in config.yml, or use one of: ${known}` : `use one of: ${known}`,
  });
}
