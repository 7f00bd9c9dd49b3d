// The one core behind every face: puts the parts together and implements contracts/console.ts.
// What a command may not need (launching, deciding, definitions) is imported when it is asked for: `list` starts fast.

import type { Backend } from "#contracts/backend.ts";
import type { Console, Preflight } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { bottlePaths } from "#lib/paths.ts";

import { createFleetStore } from "./watch/fleet-store.ts";
import type { LaunchContext, Prepared } from "./launch/prepare.ts";
import { takeSnapshot, watchFleet } from "./watch/fleet.ts";

export interface ConsoleOptions {
  readonly root: string;
  readonly cwd: string;
  /** The operator's environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly backends: readonly Backend[];
  readonly now?: () => Date;
}

export function createConsole({ root, cwd, env, backends, now = () => new Date() }: ConsoleOptions): Console {
  const store = createFleetStore(now);
  const closing = new AbortController();
  const context: LaunchContext = { root, cwd, env, backends, now };
  /** What a preflight was made from holds secrets, so it stays in here. */
  const prepared = new WeakMap<Preflight, Prepared>();
  let watching: Promise<void> | undefined;

  const backendOf = async (slug: string): Promise<Backend> => {
    const { readMetadata } = await import("./console/read-metadata.ts");
    const { backend: name } = await readMetadata(root, slug);
    const backend = backends.find((candidate) => candidate.name === name);
    if (backend !== undefined) return backend;
    throw new BottleError("unavailable", `this version has no backend ${JSON.stringify(name)}`, { where: slug });
  };

  const preflight: Console["preflight"] = async (request) => {
    const { prepare } = await import("./launch/prepare.ts");
    const made = await prepare(request, context);
    prepared.set(made.preflight, made);
    return made.preflight;
  };

  const launch: Console["launch"] = async (approved, progress, signal) => {
    const made = prepared.get(approved);
    if (made === undefined) throw new BottleError("failed", "a preflight can be launched once, by whom it was made");
    const [{ demandAnswers }, start] = await Promise.all([import("./launch/prepare.ts"), import("./launch/launch.ts")]);
    demandAnswers(approved);
    prepared.delete(approved);
    return await start.launch(root, made, progress, signal, now());
  };

  const inbox = async () => {
    const { openInbox } = await import("./console/inbox.ts");
    return openInbox(root, now);
  };

  return {
    root,
    snapshot: () => takeSnapshot(root, backends, now),
    start: () => (watching ??= watchFleet({ root, cwd }, backends, store, now, closing.signal)),
    fleet: store.fleet,
    subscribe: store.subscribe,

    async definitions() {
      const { loadDefinitions } = await import("./definitions/load.ts");
      return await loadDefinitions({ root, cwd });
    },
    async agents() {
      const [{ loadDefinitions }, { agentChoices }] = await Promise.all([
        import("./definitions/load.ts"),
        import("./agent-choices.ts"),
      ]);
      return agentChoices(await loadDefinitions({ root, cwd }), backends);
    },
    preflight,
    launch,
    async resume(slug, progress, signal) {
      const { requestOf } = await import("./launch/kept-request.ts");
      await (await backendOf(slug)).open(slug).status().then(refuseRunning(slug));
      await launch(await preflight(await requestOf(root, slug)), progress, signal);
    },
    async stop(slug) {
      const { stopBottle } = await import("./console/stop.ts");
      await stopBottle(root, await backendOf(slug), slug, now());
    },
    async cleanupPlan(slugs, force) {
      const { planCleanup } = await import("./cleanup.ts");
      return await planCleanup(root, await takeSnapshot(root, backends, now), slugs, force, now());
    },
    async cleanup(items) {
      const { removeBottle } = await import("./cleanup.ts");
      for (const { slug, remove } of items) {
        if (!remove) continue;
        // oxlint-disable-next-line no-await-in-loop -- one after the other, so that the first failure names its bottle
        await removeBottle(root, await backendOf(slug).catch(() => undefined), slug);
      }
    },

    attach: async (slug) => await (await backendOf(slug)).open(slug).attach(),
    async logs(slug, options, line, signal) {
      const { followLogs } = await import("./logs/follow-logs.ts");
      await backendOf(slug); // names a bottle that is not there
      await followLogs(bottlePaths(root, slug).logs.dir, options, line, anyOf(signal, closing.signal));
    },
    async crashLogs() {
      const { listCrashLogs } = await import("./crash-logs.ts");
      return await listCrashLogs(root);
    },

    approve: async (id, options) => await (await inbox()).approve(id, options),
    reject: async (id, options) => await (await inbox()).reject(id, options),
    undo: async (id, notes) => await (await inbox()).undo(id, notes),
    proposal: async (id) => await (await inbox()).proposal(id),
    history: async () => await (await inbox()).history(),

    egress: {
      async status(slug) {
        const { egressStatus } = await import("./egress/control-client.ts");
        return await egressStatus(root, slug);
      },
      async test(slug, url, method) {
        const { egressTest } = await import("./egress/control-client.ts");
        return await egressTest(root, slug, url, method);
      },
      async add(slug, route) {
        const { addRoute } = await import("./egress/operator-edit.ts");
        return await addRoute({ root, slug, now }, route);
      },
      async remove(slug, host) {
        const { removeRoute } = await import("./egress/operator-edit.ts");
        return await removeRoute({ root, slug, now }, host);
      },
      async requests(slug, request, signal) {
        const { egressEvents } = await import("./egress/control-client.ts");
        await egressEvents(root, slug, request, anyOf(signal, closing.signal));
      },
    },

    async audit(slug) {
      const { readAuditLog } = await import("#lib/store/audit-log.ts");
      return await readAuditLog({ root, slug });
    },
    async verifyAudit(slug) {
      const { verifyAll } = await import("./console/verify-audit.ts");
      return await verifyAll(root, slug);
    },
    async doctor() {
      const { examine } = await import("./doctor.ts");
      return await examine(root, backends);
    },
    async close() {
      closing.abort();
      await watching?.catch(() => {}); // its failure was told to whoever started it
    },
  };
}

function anyOf(...signals: AbortSignal[]): AbortSignal {
  return AbortSignal.any(signals);
}

function refuseRunning(slug: string): (status: { phase: string }) => void {
  return ({ phase }) => {
    if (phase !== "running" && phase !== "starting") return;
    throw new BottleError("conflict", `it is ${phase} already`, {
      where: slug,
      hint: `attach to it with \`bottle-dash attach ${slug}\``,
    });
  };
}
