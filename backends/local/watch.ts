// The state of all local bottles and its changes, as they happen: each bottle's guest agent tells by its socket and by the
// end of it, new bottles are seen in the state folder. Nothing is asked again and again.

import { basename, dirname } from "node:path";

import { watch as watchFiles } from "chokidar";

import type { BackendEvent } from "#contracts/backend.ts";
import { isSlug } from "#domain/slug.ts";
import { bottlePaths, rootPaths } from "#lib/paths.ts";

import { followBottle, type Follower } from "./follow.ts";
import { isOurs } from "./ours.ts";

/** Files whose coming or going is news: the launch begins, the terminal is open, the agent has ended. */
const NEWS = new Set(["metadata.json", "launcher.pid", "guest-agent.pid", "exit.json", "init.pid"]);
const FOLDERS = new Set(["agent", "init"]);

/** Resolves once the first state of every bottle was emitted. */
export async function watchBottles(
  root: string,
  emit: (event: BackendEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { state } = rootPaths(root);
  const followers = new Map<string, Follower>();
  const news = async (path: string): Promise<void> => {
    const slug = slugOf(state, path);
    if (slug === undefined || signal.aborted) return;
    const follower =
      followers.get(slug) ?? (isOurs(bottlePaths(root, slug)) ? followBottle(root, slug, emit) : undefined);
    if (follower === undefined) return;
    followers.set(slug, follower);
    await follower.look();
  };
  const gone = (path: string): void => {
    if (dirname(path) !== state) return;
    followers.get(basename(path))?.close();
    followers.delete(basename(path));
  };
  // A folder of its own below the root may be missing still; its parent is watched then.
  const watcher = watchFiles(state, { depth: 2, ignored: (path) => !isNews(state, path), alwaysStat: false });
  const first: Promise<void>[] = [];
  let ready = false;
  const heard = (path: string): void => {
    const done = news(path).catch((error: unknown) =>
      emit({ type: "host", host: "local", up: true, detail: String(error) }),
    );
    if (!ready) first.push(done);
  };
  watcher.on("add", heard).on("change", heard).on("unlink", heard).on("unlinkDir", gone);
  watcher.on("error", (error) => emit({ type: "host", host: "local", up: false, detail: String(error) }));
  signal.addEventListener("abort", () => {
    for (const follower of followers.values()) follower.close();
    void watcher.close();
  });
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  ready = true;
  await Promise.all(first);
}

/** `state/<slug>`, `state/<slug>/<folder>` and the files that are news; an agent's home is never looked into. */
function isNews(state: string, path: string): boolean {
  const parts = path === state ? [] : path.slice(state.length + 1).split("/");
  const [slug, second, third] = parts;
  if (slug === undefined) return true;
  if (!isSlug(slug)) return false;
  if (second === undefined) return true;
  if (third === undefined) return FOLDERS.has(second) || second === "metadata.json";
  return parts.length === 3 && FOLDERS.has(second) && NEWS.has(third);
}

function slugOf(state: string, path: string): string | undefined {
  const slug = path.slice(state.length + 1).split("/")[0];
  return slug !== undefined && isSlug(slug) ? slug : undefined;
}
