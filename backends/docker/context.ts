// What every part of this backend is given: one daemon, the root folder, and the images made there. And what the parts
// owe one another.

import type { LaunchPlan } from "#contracts/backend.ts";
import type { LaunchStep } from "#domain/launch/step.ts";

import type { Engine } from "./engine/engine.ts";
import type { Images } from "./images/images.ts";

export interface DockerContext {
  /** The operator's root folder, absolute. */
  readonly root: string;
  /** As metadata names the backend: `docker`, or `docker:<host>`. */
  readonly name: string;
  readonly engine: Engine;
  readonly images: Images;
}

/** What ./launch/launch.ts exports, and what ends or replaces a bottle. All are idempotent; all throw BottleError. */
export interface Launching {
  /** Tears down all that it made when it fails or `signal` aborts. */
  launchDocker(
    plan: LaunchPlan,
    context: DockerContext,
    progress: (step: LaunchStep) => void,
    signal: AbortSignal,
  ): Promise<void>;
  stopDocker(context: DockerContext, slug: string): Promise<void>;
  removeDocker(context: DockerContext, slug: string): Promise<void>;
  rebuildDocker(
    context: DockerContext,
    slug: string,
    dockerfile: string,
    progress: (step: LaunchStep) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Slugs of which something is in the daemon although their state folder is gone. */
  leftoversDocker(context: DockerContext): Promise<string[]>;
}
