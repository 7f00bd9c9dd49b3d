// Whether a bottle can be made anew from another Dockerfile just now, and what does it.

import type { Bottle } from "#contracts/backend.ts";
import type { Desk } from "#core/decide/desk.ts";
import { BottleError } from "#domain/bottle-error.ts";

/** Throws `refused` with the backend's reason, or for a bottle that does not run. */
export async function rebuilderOf(desk: Desk, slug: string): Promise<NonNullable<Bottle["rebuild"]>> {
  const backend = await desk.backend(slug);
  const { rebuild: capability } = backend.capabilities;
  const bottle = backend.open(slug);
  if (!capability.can || bottle.rebuild === undefined) {
    const why = capability.can ? "it has no images" : capability.why;
    throw new BottleError("refused", `the backend ${backend.name} cannot make a bottle anew: ${why}`, {
      where: slug,
      hint: "reject it with this reason, or start the agent in a backend that can",
    });
  }
  const { phase } = await bottle.status();
  if (phase !== "running") {
    throw new BottleError("refused", `the bottle is ${phase}: only a running one is made anew`, {
      where: slug,
      hint: `start it again with \`bottle-dash resume ${slug}\`, then approve`,
    });
  }
  return bottle.rebuild.bind(bottle);
}
