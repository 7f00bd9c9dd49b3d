// The images of a launch as a step that is reported only when something is built.

import { existsSync } from "node:fs";

import type { BottleSpec, ImageSource } from "#contracts/backend.ts";
import type { LaunchStep } from "#domain/launch/step.ts";
import type { BottlePaths } from "#lib/paths.ts";

import type { DockerContext } from "../context.ts";
import type { BottleImages } from "../images/images.ts";

const BUILD = "build the images";

/** What an agent proposed and the operator approved comes before the definition's. */
export function agentSource({ image, resume }: BottleSpec, { agent }: BottlePaths): ImageSource {
  return resume && existsSync(agent.dockerfile) ? { kind: "dockerfile", path: agent.dockerfile } : image;
}

export async function buildImages(
  { images }: DockerContext,
  source: ImageSource,
  progress: (step: LaunchStep) => void,
  signal: AbortSignal,
): Promise<BottleImages> {
  return reported(progress, (output) => images.ensure(source, output, signal));
}

/** `build` says something only when there is something to do. */
export async function reported<Result>(
  progress: (step: LaunchStep) => void,
  build: (output: (line: string) => void) => Promise<Result>,
): Promise<Result> {
  let started = false;
  const output = (text: string): void => {
    if (!started) progress({ type: "step", step: BUILD, state: "started" });
    started = true;
    progress({ type: "output", step: BUILD, text });
  };
  try {
    const result = await build(output);
    if (started) progress({ type: "step", step: BUILD, state: "done" });
    return result;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    progress({ type: "step", step: BUILD, state: "failed", message });
    throw error;
  }
}
