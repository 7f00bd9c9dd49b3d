// What the operator does inside a bottle: commands, and files in and out.

import type { Capability } from "#contracts/backend.ts";
import type { Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";

import { backendOf, type ConsoleWorld } from "./part.ts";

type Inside = Pick<Console, "exec" | "copyIn" | "copyOut">;

export function insideOf(world: ConsoleWorld): Inside {
  return {
    async exec(slug, command) {
      const backend = await backendOf(world, slug);
      const run = demand(slug, "run commands inside", backend.capabilities.exec, backend.open(slug).exec);
      return await run(command);
    },
    async copyIn(slug, from, to) {
      const backend = await backendOf(world, slug);
      await demand(slug, "copy files", backend.capabilities.copy, backend.open(slug).copyIn)(from, to);
    },
    async copyOut(slug, from, to) {
      const backend = await backendOf(world, slug);
      return await demand(slug, "copy files", backend.capabilities.copy, backend.open(slug).copyOut)(from, to);
    },
  };
}

function demand<T>(slug: string, what: string, capability: Capability, way: T | undefined): T {
  if (capability.can && way !== undefined) return way;
  const why = capability.can ? "its backend has no way to" : capability.why;
  throw new BottleError("unavailable", `cannot ${what}: ${why}`, { where: slug });
}
