// The state of all bottles of one daemon and its changes, as they happen: containers by the daemon's events, what is written
// beside them by the state folder, each terminal by its own connection. Nothing is asked again and again.

import type { BackendEvent } from "#contracts/backend.ts";

import { agentContainers } from "./agent-containers.ts";
import type { DockerContext } from "./context.ts";
import type { EngineEvent } from "./engine/engine.ts";
import { LABEL, rootLabel } from "./names.ts";
import { backendOf, slugsOf } from "./state-folders.ts";
import { followBottle, type Follower } from "./watch/follow-bottle.ts";
import { watchStateFiles } from "./watch/state-files.ts";

/** Resolves once the first state of every bottle was emitted, as far as it can be known. */
export async function watchBottles(
  context: DockerContext,
  emit: (event: BackendEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { root, name, engine } = context;
  const followers = new Map<string, Follower>();
  const tell = (event: BackendEvent): void => {
    if (!signal.aborted) emit(event);
  };
  const followerOf = (slug: string): Follower | undefined => {
    const known = followers.get(slug);
    if (known !== undefined) return known;
    if (signal.aborted || backendOf(root, slug) !== name) return undefined;
    const follower = followBottle(context, slug, tell);
    followers.set(slug, follower);
    return follower;
  };
  const failed = (error: unknown): void =>
    tell({ type: "host", host: engine.host, up: true, detail: error instanceof Error ? error.message : String(error) });

  const resync = async (): Promise<void> => {
    const containers = await agentContainers(context);
    await Promise.all(slugsOf(root, name).map(async (slug) => followerOf(slug)?.look(containers.get(slug) ?? null)));
  };
  const onEvent = (event: EngineEvent): void => {
    const slug = event.attributes[LABEL.slug];
    if (event.type !== "container" || slug === undefined) return;
    void followerOf(slug)?.heard(event).catch(failed);
  };
  const onState = (state: { readonly up: true } | { readonly up: false; readonly why: string }): void =>
    tell({ type: "host", host: engine.host, up: state.up, detail: state.up ? "" : state.why });

  const files = watchStateFiles(
    root,
    (slug) => void followerOf(slug)?.look().catch(failed),
    (slug) => {
      followers.get(slug)?.close();
      followers.delete(slug);
    },
  );
  signal.addEventListener(
    "abort",
    () => {
      for (const follower of followers.values()) follower.close();
      files.close();
    },
    { once: true },
  );
  await files.ready;
  await engine.subscribe([`${LABEL.root}=${rootLabel(root)}`], { onEvent, resync, onState }, signal);
}
