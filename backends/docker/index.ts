// The docker backend: bottles as containers of one Docker daemon. This much is loaded by every command; all that speaks to
// the daemon is a bundle of its own, read when there is something to ask.

import type { Backend, Bottle, Capabilities, Probe } from "#contracts/backend.ts";

import type { LoadedBackend } from "./docker-backend.ts";
import type { DaemonSource } from "./engine/source.ts";
import { whenFirstBottle } from "./first-bottle.ts";
import { notAvailable } from "./not-available.ts";
import { hasBottleOf } from "./state-folders.ts";

export interface DockerOptions {
  /** The operator's root folder, absolute. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** One of `docker.hosts` in config.yml; the daemon of the environment when undefined. */
  readonly host?: { readonly name: string; readonly source: DaemonSource } | undefined;
}

const CAPABILITIES: Capabilities = {
  rebuild: { can: true },
  pause: { can: false, why: "pausing containers is not offered yet" },
  snapshot: { can: false, why: "containers cannot be snapshotted with their processes" },
  stats: { can: true },
  workspaceCopy: { can: true },
  resume: { can: true },
  exec: { can: true },
  copy: { can: true },
};

export function dockerBackend({ root, env, host }: DockerOptions): Backend {
  const name = host === undefined ? "docker" : `docker:${host.name}`;
  const shownAs = host?.name ?? "local";
  let loading: Promise<LoadedBackend> | undefined;
  const load = (): Promise<LoadedBackend> =>
    (loading ??= import("./docker-backend.ts")
      .then(({ loadBackend }) =>
        loadBackend({ root, env, name, host: shownAs, source: host?.source ?? { kind: "environment" } }),
      )
      .catch((error: unknown) => {
        loading = undefined; // a context that is missing may be made meanwhile
        throw error;
      }));
  return {
    name,
    host: shownAs,
    capabilities: CAPABILITIES,
    async probe(): Promise<Probe> {
      try {
        return await (await load()).probe();
      } catch (error) {
        return notAvailable(error);
      }
    },
    plan: async (spec) => (await load()).plan(spec),
    dockerfile: async (image) => (await load()).dockerfile(image),
    launch: async (plan, progress, signal) => (await load()).launch(plan, progress, signal),
    open: (slug) => openedLater(slug, async () => (await load()).open(slug)),
    list: async () => (hasBottleOf(root, name) ? (await load()).list() : []),
    leftovers: async () => (await load()).leftovers(),
    async watch(emit, signal) {
      const watch = async (): Promise<void> => await (await load()).watch(emit, signal);
      const failed = (error: unknown): void =>
        emit({
          type: "host",
          host: shownAs,
          up: false,
          detail: error instanceof Error ? error.message : String(error),
        });
      if (hasBottleOf(root, name)) await watch().catch(failed);
      else await whenFirstBottle(root, name, () => void watch().catch(failed), signal);
    },
  };
}

/** Everything that a bottle can do here, without the daemon's code until it is done. */
function openedLater(slug: string, bottle: () => Promise<Bottle>): Bottle {
  return {
    slug,
    status: async () => (await bottle()).status(),
    activity: async (signal) => (await bottle()).activity?.(signal),
    look: async () => (await bottle()).look?.(),
    attach: async () => (await bottle()).attach(),
    stats: async () => (await bottle()).stats(),
    isolation: async () => (await bottle()).isolation(),
    stop: async () => (await bottle()).stop(),
    remove: async () => (await bottle()).remove(),
    agentLog: async (...args) => (await bottle()).agentLog?.(...args),
    workspaceEntries: async () => (await (await bottle()).workspaceEntries?.()) ?? 0,
    exec: async (command) => (await bottle()).exec!(command),
    copyIn: async (from, to) => (await bottle()).copyIn?.(from, to),
    copyOut: async (from, to) => (await bottle()).copyOut!(from, to),
    rebuild: async (...args) => (await bottle()).rebuild?.(...args),
  };
}
