// Which models the routes of a definition bring: those of a host that a route has a credential for, in the order of the routes.

import { isPassthrough } from "#domain/egress/route-rules.ts";
import type { Route } from "#domain/egress/route.ts";

import { MODEL_HOSTS } from "./model-hosts.ts";
import type { StagedProvider } from "./models-file.ts";

export interface Reach {
  readonly provider: string;
  readonly route: Route;
  /** Where Pi looks for the key; undefined for a provider of models.json, whose key stands there. */
  readonly variable: string | undefined;
  /** Undefined where Pi chooses. */
  readonly model: string | undefined;
}

/** A server of the operator's own in models.json may need no credential: a route to it is enough. */
export function reachOf(routes: readonly Route[], staged: readonly StagedProvider[]): Reach[] {
  return routes.flatMap((route) => {
    const host = route.host.toLowerCase().replace(/\.$/, "");
    const own = staged.filter(({ hosts }) => hosts.includes(host));
    const moved = new Set(staged.filter(({ hosts }) => hosts.length > 0).map(({ name }) => name));
    const known =
      route.auth === undefined || isPassthrough(route)
        ? []
        : MODEL_HOSTS.filter((at) => at.host === host && !moved.has(at.provider));
    return [
      ...own.map(({ name, model }) => ({
        provider: name,
        route,
        ...ofKnown(name),
        ...(model === undefined ? {} : { model }),
      })),
      ...known.map(({ provider, variable, model }) => ({ provider, route, variable, model })),
    ];
  });
}

function ofKnown(name: string): Pick<Reach, "variable" | "model"> {
  const known = MODEL_HOSTS.find(({ provider }) => provider === name);
  return { variable: known?.variable, model: known?.model };
}
