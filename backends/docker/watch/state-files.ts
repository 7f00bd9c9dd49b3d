// What is news in the state folders of bottles: a launch begins or ends, an end was written down, a bottle is gone.

import { basename, dirname } from "node:path";

import { watch as watchFiles } from "chokidar";

import { isSlug } from "#domain/slug.ts";
import { rootPaths } from "#lib/paths.ts";

export interface StateFiles {
  /** Everything that is there already was told. */
  readonly ready: Promise<void>;
  close(): void;
}

const IN_AGENT = new Set(["launcher.pid", "exit.json"]);

export function watchStateFiles(
  root: string,
  changed: (slug: string) => void,
  gone: (slug: string) => void,
): StateFiles {
  const { state } = rootPaths(root);
  const watcher = watchFiles(state, { depth: 2, ignored: (path) => !isNews(state, path), alwaysStat: false });
  let isReady = false;
  const heard = (path: string): void => {
    const [slug] = partsOf(state, path);
    if (isReady && slug !== undefined && isSlug(slug)) changed(slug); // at first everything is looked at anyway
  };
  watcher.on("add", heard).on("change", heard).on("unlink", heard);
  watcher.on("unlinkDir", (path) => {
    if (dirname(path) === state) gone(basename(path));
  });
  watcher.on("error", () => {}); // the daemon's events still tell the most
  return {
    ready: new Promise((resolve) =>
      watcher.once("ready", () => {
        isReady = true;
        resolve();
      }),
    ),
    close: () => void watcher.close(),
  };
}

/** An agent's state may hold much else, and none of it is looked into. */
function isNews(state: string, path: string): boolean {
  const [slug, second, third] = partsOf(state, path);
  if (slug === undefined) return true;
  if (!isSlug(slug)) return false;
  if (second === undefined || second === "metadata.json") return true;
  return second === "agent" && (third === undefined || IN_AGENT.has(third));
}

function partsOf(state: string, path: string): string[] {
  return path === state ? [] : path.slice(state.length + 1).split("/");
}
