// A handle on one bottle of a daemon.

import type { Bottle } from "#contracts/backend.ts";
import { Isolation } from "#domain/fleet/isolation.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readChecked } from "#lib/store/read-checked.ts";

import type { DockerContext } from "./context.ts";
import { copyIn, copyOut } from "./copy/copy.ts";
import { workspaceEntries } from "./copy/workspace-entries.ts";
import { execInBottle } from "./exec/exec.ts";
import { rebuildDocker, removeDocker, stopDocker } from "./launch/launch.ts";
import { activityOf } from "./logs/activity.ts";
import { readAgentLog } from "./logs/agent-log.ts";
import { statsOf } from "./stats.ts";
import { statusOf } from "./status.ts";
import { lookAt } from "./terminal/look.ts";

export function dockerBottle(context: DockerContext, slug: string): Bottle {
  const paths = bottlePaths(context.root, slug);
  return {
    slug,
    status: () => statusOf(context, slug),
    activity: (signal) => activityOf(context, slug, signal),
    look: () => lookAt(context, slug),
    async attach() {
      const { attachTo } = await import("./terminal/attach.ts"); // with its emulator
      return attachTo(context, slug);
    },
    stats: () => statsOf(context, slug),
    async isolation() {
      const isolation = await readChecked(paths.isolation, Isolation);
      return isolation.state === "ok" ? isolation.value : null; // not proved yet, or not readable: nothing to show
    },
    stop: () => stopDocker(context, slug),
    remove: () => removeDocker(context, slug),
    agentLog: (options, line, signal) => readAgentLog(context, slug, options, line, signal),
    workspaceEntries: () => workspaceEntries(context, slug),
    exec: (command) => execInBottle(context, slug, command),
    copyIn: (from, to) => copyIn(context, slug, from, to),
    copyOut: (from, to) => copyOut(context, slug, from, to),
    rebuild: (dockerfile, progress, signal) => rebuildDocker(context, slug, dockerfile, progress, signal),
  };
}
