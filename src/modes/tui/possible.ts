// What can be done with a bottle where it runs: a host that does not answer does nothing, and no backend does everything.

import { hostsDown, isStale } from "#components/hosts.ts";
import type { Capabilities } from "#contracts/backend.ts";
import type { BottleRow } from "#domain/fleet/fleet.ts";

import type { Context } from "./context.ts";

type Where = Pick<Context, "fleet" | "backends" | "view">;

/** True, or why not: the backend's own reason. */
export function possible({ fleet, backends }: Where, bottle: BottleRow, what?: keyof Capabilities): true | string {
  if (isStale(bottle, hostsDown(fleet))) {
    const detail = fleet.hosts[bottle.host]?.detail ?? "";
    return `${bottle.host} is unreachable${detail === "" ? "" : `: ${detail}`}`;
  }
  if (what === undefined) return true;
  const capability = backends.find(({ name }) => name === bottle.backend)?.capabilities[what];
  return capability === undefined || capability.can ? true : capability.why;
}

/** Why a proposed Dockerfile cannot be built now, or true. */
export function notRebuildable(context: Where, slug: string): true | string {
  const bottle = context.fleet.bottles.find((row) => row.slug === slug);
  if (bottle === undefined) return true; // that it is gone is said elsewhere
  if (context.view.dockerfiles[slug]?.text === undefined) return "what the bottle is made from now is being read";
  const busy = Object.values(context.view.builds).some((build) => build.slug === slug && !build.over);
  return busy ? `${slug} is being rebuilt already` : possible(context, bottle, "rebuild");
}
