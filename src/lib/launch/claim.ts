// One launch of a bottle at a time: a file that names the launcher's process, which is worth nothing once that is gone.

import { mkdir } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";
import { createExclusive } from "#lib/atomic-file.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { identify, isRunning as isProcessRunning, readPidFile, removePidFile } from "#lib/process-identity.ts";

/** Returns what gives the claim back. Throws `conflict` when another launcher is at it, or the bottle runs. */
export async function claimLaunch(
  slug: string,
  paths: BottlePaths,
  isRunning: () => Promise<boolean>,
): Promise<() => void> {
  const { launcher } = paths.agent;
  await mkdir(paths.agent.dir, { recursive: true, mode: 0o700 });
  const before = readPidFile(launcher);
  if (before !== undefined && !isProcessRunning(before)) removePidFile(launcher);
  if (!(await createExclusive(launcher, `${process.pid} ${identify(process.pid)?.started ?? ""}\n`))) {
    throw new BottleError("conflict", `is being launched by process ${readPidFile(launcher)?.pid ?? "unknown"}`, {
      where: slug,
    });
  }
  if (!(await isRunning())) return () => removePidFile(launcher);
  removePidFile(launcher);
  throw new BottleError("conflict", "runs already", {
    where: slug,
    hint: `attach to it: \`bottle-dash attach ${slug}\``,
  });
}
