// What bottles are made from, as far as a proposed Dockerfile must be shown against it: asked for when one is there, and again
// when one was built.

import type { Fleet } from "#domain/fleet/fleet.ts";

import type { Effect, View } from "./view.ts";

export interface KnownDockerfile {
  /** The rebuilds that it is the outcome of. */
  readonly after: string;
  /** Undefined while it is read, null where there is none. */
  readonly text: string | null | undefined;
}

/** The view that waits for them, and what to ask. */
export function askForDockerfiles(view: View, fleet: Fleet): { view: View; effects: Effect[] } {
  const missing = [...rebuildsOf(fleet)].filter(([slug, after]) => view.dockerfiles[slug]?.after !== after);
  if (missing.length === 0) return { view, effects: [] };
  const asked = missing.map(([slug, after]) => [slug, { after, text: undefined }] as const);
  return {
    view: { ...view, dockerfiles: { ...view.dockerfiles, ...Object.fromEntries(asked) } },
    effects: missing.map(([slug]) => ({ type: "load-dockerfile", slug })),
  };
}

export function withDockerfile(view: View, slug: string, text: string | null): View {
  const asked = view.dockerfiles[slug];
  if (asked === undefined) return view;
  return { ...view, dockerfiles: { ...view.dockerfiles, [slug]: { ...asked, text } } };
}

/** Bottles that asked for another Dockerfile, and which of these were built: each may have changed what they are made from. */
function rebuildsOf({ inbox }: Fleet): Map<string, string> {
  const rebuilds = new Map<string, string>();
  for (const { proposal, decision, undo } of inbox) {
    if (proposal.kind !== "capability-block") continue;
    const before = rebuilds.get(proposal.bottle_slug) ?? "";
    const built =
      decision?.applied === undefined ? "" : ` ${proposal.id}${undo?.applied === undefined ? "" : " undone"}`;
    rebuilds.set(proposal.bottle_slug, before + built);
  }
  return rebuilds;
}
