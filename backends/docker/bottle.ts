// A handle on one bottle of a daemon.

import type { Bottle } from "#contracts/backend.ts";
import { Isolation } from "#domain/fleet/isolation.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readChecked } from "#lib/store/read-checked.ts";

import type { DockerContext } from "./context.ts";
import { rebuildDocker, removeDocker, stopDocker } from "./launch/launch.ts";
import { statusOf } from "./status.ts";

export function dockerBottle(context: DockerContext, slug: string): Bottle {
  const paths = bottlePaths(context.root, slug);
  return {
    slug,
    status: () => statusOf(context, slug),
    async attach() {
      const { attachTo } = await import("./terminal/attach.ts"); // with its emulator
      return attachTo(context, slug);
    },
    stats: () => Promise.resolve(null),
    async isolation() {
      const isolation = await readChecked(paths.isolation, Isolation);
      return isolation.state === "ok" ? isolation.value : null; // not proved yet, or not readable: nothing to show
    },
    stop: () => stopDocker(context, slug),
    remove: () => removeDocker(context, slug),
    rebuild: (dockerfile, progress, signal) => rebuildDocker(context, slug, dockerfile, progress, signal),
  };
}
