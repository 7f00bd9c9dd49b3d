// Approved Dockerfiles while they are built, by proposal: the dashboard goes on meanwhile.

import type { Build } from "#components/build-rows.ts";
import type { LaunchStep } from "#contracts/backend.ts";

import { advance } from "./progress.ts";
import type { View } from "./view.ts";

/** Builds that ended are kept for whoever wants to read why one failed, but not for ever. */
const KEPT = 20;

export function building(view: View, id: string, slug: string, step: LaunchStep): View {
  const before = view.builds[id];
  const build: Build = before === undefined || before.over ? { slug, steps: [], output: [], over: false } : before;
  return { ...view, builds: { ...view.builds, [id]: advance(build, step) } };
}

/** What did not end as a step of its own, because the whole of it failed, is a failed step. */
export function builtOver(view: View, id: string, problem: string | undefined): View {
  const build = view.builds[id];
  if (build === undefined) return view;
  const steps = build.steps.map((step) =>
    step.state === "started" && problem !== undefined ? { ...step, state: "failed" as const, message: problem } : step,
  );
  const { [id]: _before, ...others } = view.builds;
  const kept = Object.entries(others).slice(-(KEPT - 1));
  return { ...view, builds: { ...Object.fromEntries(kept), [id]: { ...build, steps, over: true } } };
}

/** Those that go on, by bottle. */
export function buildsNow({ builds }: View): Record<string, Build> {
  return Object.fromEntries(
    Object.values(builds)
      .filter(({ over }) => !over)
      .map((build) => [build.slug, build]),
  );
}
