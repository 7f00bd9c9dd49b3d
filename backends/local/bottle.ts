// A handle on one local bottle.

import * as z from "zod";

import type { Bottle } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { Isolation } from "#domain/fleet/isolation.ts";
import { bottlePaths } from "#lib/paths.ts";
import { removeTree } from "#lib/remove-tree.ts";
import { readChecked } from "#lib/store/read-checked.ts";

import { attachTo } from "./attach.ts";
import { localPaths } from "./bottle-sandbox.ts";
import { connectGuest } from "./sockets/guest-client.ts";
import { askStatus, look, statusOf } from "./status.ts";
import { stopBottle, stopProcesses } from "./stop.ts";

const Usage = z.looseObject({ cpu: z.number(), memory: z.number() });

export function localBottle(root: string, slug: string): Bottle {
  const paths = bottlePaths(root, slug);
  return {
    slug,
    status: () => statusOf(paths),
    look: () => look(paths),
    async attach() {
      const client = await connectGuest(paths.agent.socket).catch((cause: unknown) => {
        throw new BottleError("unavailable", "the bottle does not run", {
          where: slug,
          hint: `see \`bottle-dash list\``,
          cause,
        });
      });
      return attachTo(client);
    },
    async stats() {
      const answer = await askStatus(paths);
      if (answer === null) return null;
      const { cpu, memory } = Usage.parse(answer);
      return { cpu, memory };
    },
    async isolation() {
      const isolation = await readChecked(paths.isolation, Isolation);
      return isolation.state === "ok" ? isolation.value : null; // not proved yet, or not readable: nothing to show
    },
    stop: () => stopBottle(slug, paths),
    copyIn: async (from, to) => await (await import("./copy.ts")).copyIn(paths, from, to),
    copyOut: async (from, to) => await (await import("./copy.ts")).copyOut(paths, from, to),
    async remove() {
      await stopProcesses(slug, paths);
      const { etc, scratch, seccomp, errors } = localPaths(paths);
      const { launcher } = paths.agent;
      for (const path of [etc, scratch, seccomp, launcher, errors]) await removeTree(path);
    },
  };
}
