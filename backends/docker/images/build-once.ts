// One build of an image at a time, whoever wants it: in this process and among all that share the root folder.

import { join } from "node:path";

import { sha256 } from "#lib/hash.ts";
import { demandGoOn, untilAborted } from "#lib/launch/steps.ts";
import { rootPaths } from "#lib/paths.ts";
import { withLock } from "#lib/store/lock.ts";

/** Longer than any build takes that somebody waits for, in milliseconds. */
const WAIT_MS = 3_600_000;

/** `key` names the image and its daemon. An abort ends the wait for others at once; a build of our own ends by itself. */
export async function buildOnce<T>(
  root: string,
  key: string,
  build: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const path = join(rootPaths(root).state, `.build-${sha256(key).slice(0, 16)}.lock`);
  const begun = Promise.withResolvers<void>();
  const built = withLock(
    path,
    async () => {
      begun.resolve();
      demandGoOn(signal);
      return build();
    },
    WAIT_MS,
  );
  await untilAborted(Promise.race([begun.promise, built]), signal);
  return built;
}
