// stand-in
import type { DockerContext } from "../context.ts";
import type { LaunchStep } from "#domain/launch/step.ts";

export async function rebuildDocker(
  _context: DockerContext,
  _slug: string,
  _dockerfile: string,
  _progress: (step: LaunchStep) => void,
  _signal: AbortSignal,
): Promise<void> {}
