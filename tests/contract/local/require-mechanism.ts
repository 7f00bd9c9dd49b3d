// What a mechanism of the local backend lacks on this machine, for the reason of a skip.

import { probeOf, searchMechanism } from "#backends/local/probe.ts";
import type { Mechanism } from "#backends/local/sandbox/sandbox.ts";
import { requirement } from "#tests/helpers/require.ts";

/** BOTTLE_REQUIRE names them so. */
const NAMES: Readonly<Record<Mechanism, string>> = { bubblewrap: "bwrap", "util-linux": "util-linux" };

/** For `describe`: skipped, with the reason, where `mechanism` does not work. */
export async function requireMechanism(mechanism: Mechanism): Promise<{ skip: boolean; meta: object }> {
  const probe = probeOf(await searchMechanism(mechanism), mechanism);
  return requirement(NAMES[mechanism], () => (probe.available ? undefined : `${probe.why} (${probe.hint})`));
}
