// What a bottle is made from, in the folder that its agent may read.

import { mkdir, rm } from "node:fs/promises";

import { writeAtomic } from "#lib/atomic-file.ts";
import { bottlePaths } from "#lib/paths.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";

/** Undefined: it is made from no image. */
export async function showDockerfile({ root, slug }: QueueOf, text: string | undefined): Promise<void> {
  const { currentConfig, currentDockerfile } = bottlePaths(root, slug).supervise;
  if (text === undefined) return await rm(currentDockerfile, { force: true });
  await mkdir(currentConfig, { recursive: true, mode: 0o755 });
  await writeAtomic(currentDockerfile, text, 0o644); // the agent is another user
}
