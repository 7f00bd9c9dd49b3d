// All of the docker backend that speaks to a daemon: a bundle of its own (dist/docker-backend.js).

import type { Backend } from "#contracts/backend.ts";

import { dockerBottle } from "./bottle.ts";
import type { DockerContext } from "./context.ts";
import { connectEngine } from "./engine/connect.ts";
import { findEndpoint } from "./engine/find-endpoint.ts";
import type { DaemonSource } from "./engine/source.ts";
import { dockerfileText } from "./images/dockerfile-text.ts";
import { createImages } from "./images/create-images.ts";
import { launchDocker, leftoversDocker } from "./launch/launch.ts";
import { listBottles } from "./list.ts";
import { planDocker } from "./plan.ts";
import { probeDocker } from "./probe.ts";
import { watchBottles } from "./watch.ts";

export interface DaemonOptions {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** The backend's, as metadata has it. */
  readonly name: string;
  /** As the fleet shows the machine. */
  readonly host: string;
  readonly source: DaemonSource;
}

export type LoadedBackend = Omit<Required<Backend>, "name" | "host" | "capabilities">;

/** Throws `invalid` where the daemon's address is none; asks the daemon nothing. */
export function loadBackend({ root, env, name, host, source }: DaemonOptions): LoadedBackend {
  const engine = connectEngine(findEndpoint(source, env), host);
  const context: DockerContext = { root, name, engine, images: createImages(engine, root) };
  return {
    probe: () => probeDocker(engine),
    plan: (spec) => planDocker(spec, context),
    dockerfile: dockerfileText,
    async launch(plan, progress, signal) {
      await launchDocker(plan, context, progress, signal);
      return dockerBottle(context, plan.spec.slug);
    },
    open: (slug) => dockerBottle(context, slug),
    list: () => listBottles(context),
    leftovers: () => leftoversDocker(context),
    watch: (emit, signal) => watchBottles(context, emit, signal),
  };
}
