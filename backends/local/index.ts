// The local backend: bottles as sandboxed processes on this machine, by bubblewrap or by util-linux alone.

import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute } from "node:path";

import type { Backend, BottleSpec, Capabilities, LaunchPlan } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { isSlug } from "#domain/slug.ts";
import { bottlePaths, rootPaths } from "#lib/paths.ts";

import { bottleLimits } from "./bottle-limits.ts";
import { localBottle } from "./bottle.ts";
import { enforced } from "./enforced.ts";
import { launchBottle, type LaunchContext } from "./launch.ts";
import { isOurs } from "./ours.ts";
import { probeOf, searchMechanism, weaknessesOf, type Search } from "./probe.ts";
import { findProgram, type Operator } from "./program/find-program.ts";
import { sandboxCommand } from "./sandbox/command.ts";
import { bottleUid } from "./sandbox/drop-root.ts";
import { standingOf } from "./status.ts";
import { watchBottles } from "./watch.ts";

export interface LocalOptions {
  /** The operator's root folder, absolute. */
  readonly root: string;
  /** "bubblewrap" or "util-linux"; the best that works when undefined. */
  readonly mechanism?: string | undefined;
  /** The operator's environment: agents' programs are looked up on its PATH. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** For tests: another command to make the sandbox with. */
  readonly command?: LaunchContext["command"];
}

const CAPABILITIES: Capabilities = {
  rebuild: { can: false, why: "a local bottle uses the programs of this machine: there is no image to rebuild" },
  pause: { can: false, why: "local bottles cannot be paused yet" },
  snapshot: { can: false, why: "processes on this machine cannot be snapshotted" },
  stats: { can: true },
  workspaceCopy: { can: true },
  resume: { can: true },
  exec: { can: false, why: "commands run in a local bottle only as its agent's own children; attach to it instead" },
  copy: { can: true },
};

export function localBackend({
  root,
  env = process.env,
  mechanism = env["BOTTLE_SANDBOX"],
  command = sandboxCommand,
}: LocalOptions): Backend {
  let searching: Promise<Search> | undefined;
  const search = (): Promise<Search> => (searching ??= searchMechanism(mechanism));
  const found = async (): Promise<NonNullable<Search["found"]>> => {
    const result = await search();
    if (result.found !== undefined) return result.found;
    const probe = probeOf(result, mechanism);
    searching = undefined; // it may be mended meanwhile
    throw new BottleError("unavailable", probe.available ? "" : probe.why, {
      where: "backend local",
      ...(probe.available ? {} : { hint: probe.hint }),
    });
  };
  return {
    name: "local",
    host: "local",
    capabilities: CAPABILITIES,
    async probe() {
      try {
        return probeOf(await search(), mechanism);
      } catch (error) {
        return {
          available: false,
          why: error instanceof Error ? error.message : String(error),
          hint: "see the message",
        };
      }
    },
    async plan(spec: BottleSpec): Promise<LaunchPlan> {
      const best = await found();
      const limits = bottleLimits(spec);
      return {
        spec,
        mechanism: best.mechanism,
        enforces: enforced(best, limits),
        weaknesses: [...weaknessesOf(best), ...limits.unenforced],
        ...(spec.program === undefined ? {} : { program: findProgram(spec.program, operatorOf(root, env)) }),
      };
    },
    async launch(plan, progress, signal) {
      const dropTo = process.getuid?.() === 0 ? bottleUid(plan.spec.slug) : undefined;
      await launchBottle(plan, { root, maker: { ...(await found()), dropTo }, command }, progress, signal);
      return localBottle(root, plan.spec.slug);
    },
    open: (slug) => localBottle(root, slug),
    async list() {
      const names = await readdir(rootPaths(root).state).catch(() => []);
      const ours = names.filter((name) => isSlug(name) && isOurs(bottlePaths(root, name)));
      return Promise.all(ours.map(async (slug) => ({ slug, ...(await standingOf(bottlePaths(root, slug))) })));
    },
    watch: (emit, signal) => watchBottles(root, emit, signal),
  };
}

function operatorOf(root: string, env: NodeJS.ProcessEnv): Operator {
  const homes = [env["HOME"] ?? "", ...ownHome()].filter(isAbsolute);
  return { env, closed: [root, ...homes], other: process.getuid?.() === 0 };
}

function ownHome(): string[] {
  try {
    return [homedir()];
  } catch {
    return []; // neither a variable nor an entry of passwd
  }
}
