// The images of bottles: what they are made from, and when they are made.

import type { ImageSource } from "#contracts/backend.ts";

export interface Images {
  /**
   * The images for a launch, built where they are missing: `output` gets a line for each thing that the build says, and
   * nothing when nothing is built. Throws BottleError with the failing step and the last lines; an abort ends the build.
   */
  ensure(source: ImageSource, output: (line: string) => void, signal: AbortSignal): Promise<BottleImages>;
  /** An agent's image from the text of a Dockerfile, without a context. */
  buildDockerfile(text: string, output: (line: string) => void, signal: AbortSignal): Promise<AgentImage>;
}

export interface BottleImages {
  readonly agent: AgentImage;
  /** The id of the image with our sidecars: `/opt/bottle-dash/node` and `/opt/bottle-dash/dist/sidecars/*.js`. */
  readonly sidecars: string;
}

export interface AgentImage {
  /** `sha256:…`, which never means another image. */
  readonly id: string;
  readonly tag: string;
  /** What the image sets (PATH, …); ours goes over it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Where our programs are in every image. */
export const OPT = "/opt/bottle-dash";
