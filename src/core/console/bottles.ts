// Starting, resuming, stopping and clearing away bottles.

import type { Backend } from "#contracts/backend.ts";
import type { BackendInfo, Console, Preflight } from "#contracts/console.ts";
import type { Prepared } from "#core/launch/prepare.ts";
import { BottleError } from "#domain/bottle-error.ts";

import { backendOf, type ConsoleWorld } from "./part.ts";

type Bottles = Pick<
  Console,
  | "definitions"
  | "agents"
  | "backends"
  | "probeBackends"
  | "dockerfile"
  | "preflight"
  | "launch"
  | "resume"
  | "stop"
  | "cleanupPlan"
  | "cleanup"
  | "attach"
>;

export function bottlesOf(world: ConsoleWorld): Bottles {
  const { root, cwd, env, backends, now } = world;
  return {
    async definitions() {
      const { loadDefinitions } = await import("#core/definitions/load.ts");
      return await loadDefinitions({ root, cwd });
    },
    async agents() {
      const [{ loadDefinitions }, { loadConfig }, { agentChoices }, { preferredBackend }] = await Promise.all([
        import("#core/definitions/load.ts"),
        import("#core/definitions/load-config.ts"),
        import("#core/agent-choices.ts"),
        import("#core/launch/choose-backend.ts"),
      ]);
      const [definitions, { config }] = await Promise.all([loadDefinitions({ root, cwd }), loadConfig(root)]);
      return agentChoices(definitions, backends, preferredBackend(env, config.backend)?.name);
    },
    backends: backends.map(infoOf),
    probeBackends: async () =>
      await Promise.all(backends.map(async (backend) => ({ ...infoOf(backend), probe: await backend.probe() }))),
    async dockerfile(slug) {
      const { dockerfileOf } = await import("./dockerfile.ts");
      return await dockerfileOf(root, slug);
    },
    ...launchingOf(world),
    async stop(slug) {
      const { stopBottle } = await import("./stop.ts");
      await stopBottle(root, await backendOf(world, slug), slug, now());
    },
    async cleanupPlan(slugs, force) {
      const [{ planCleanup }, { takeSnapshot }] = await Promise.all([
        import("#core/cleanup.ts"),
        import("#core/watch/fleet.ts"),
      ]);
      const fleet = await takeSnapshot(root, backends, now);
      return await planCleanup({ root, fleet, backends, now: now() }, slugs, force);
    },
    async cleanup(items) {
      const { removeBottle } = await import("#core/cleanup.ts");
      for (const { slug, remove, backend } of items) {
        if (!remove) continue;
        if (backend !== undefined) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other, so that the first failure names its bottle
          await backends
            .find(({ name }) => name === backend)
            ?.open(slug)
            .remove();
          continue;
        }
        // oxlint-disable-next-line no-await-in-loop -- one after the other, so that the first failure names its bottle
        await removeBottle(root, await backendOf(world, slug).catch(() => undefined), slug);
      }
    },
    attach: async (slug) => await (await backendOf(world, slug)).open(slug).attach(),
  };
}

function infoOf({ name, host, capabilities }: Backend): BackendInfo {
  return { name, host, capabilities };
}

function launchingOf(world: ConsoleWorld): Pick<Bottles, "preflight" | "launch" | "resume"> {
  /** What a preflight was made from holds secrets, so it stays in here. */
  const prepared = new WeakMap<Preflight, Prepared>();

  const preflight: Console["preflight"] = async (request) => {
    const { prepare } = await import("#core/launch/prepare.ts");
    const made = await prepare(request, world);
    prepared.set(made.preflight, made);
    return made.preflight;
  };
  const launch: Console["launch"] = async (approved, progress, signal) => {
    const made = prepared.get(approved);
    if (made === undefined) throw new BottleError("failed", "a preflight can be launched once, by whom it was made");
    const [{ demandAnswers }, start] = await Promise.all([
      import("#core/launch/prepare.ts"),
      import("#core/launch/launch.ts"),
    ]);
    demandAnswers(approved);
    prepared.delete(approved);
    return await start.launch(world.root, made, progress, signal, world.now());
  };
  return {
    preflight,
    launch,
    async resume(slug, progress, signal) {
      const { requestOf } = await import("#core/launch/kept-request.ts");
      refuseRunning(slug, (await (await backendOf(world, slug)).open(slug).status()).phase);
      await launch(await preflight(await requestOf(world.root, slug)), progress, signal);
    },
  };
}

function refuseRunning(slug: string, phase: string): void {
  if (phase !== "running" && phase !== "starting") return;
  throw new BottleError("conflict", `it is ${phase} already`, {
    where: slug,
    hint: `attach to it with \`bottle-dash attach ${slug}\``,
  });
}
