// Waits for the first bottle of a backend that has none, without asking its daemon anything meanwhile.

import { watch as watchFiles } from "chokidar";

import { isSlug } from "#domain/slug.ts";
import { rootPaths } from "#lib/paths.ts";

import { backendOf, slugOfMetadata } from "./state-folders.ts";

/** Calls `found` at most once, when the metadata of a bottle of `backend` appears. Resolves once it is watched for. */
export async function whenFirstBottle(
  root: string,
  backend: string,
  found: () => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const { state } = rootPaths(root);
  // One deeper than it is: where the state folder is missing still, its parent is watched, and counts.
  const watcher = watchFiles(state, { depth: 2, ignored: (path) => !isMetadata(state, path), alwaysStat: false });
  const close = (): void => void watcher.close();
  signal.addEventListener("abort", close, { once: true });
  const heard = (path: string): void => {
    const slug = slugOfMetadata(root, path);
    if (slug === undefined || watcher.closed || backendOf(root, slug) !== backend) return;
    signal.removeEventListener("abort", close);
    close();
    found();
  };
  // Without it new bottles of this backend are seen at the next start alone; the state folder's own watcher tells of it.
  watcher.on("error", () => {});
  watcher.on("add", heard).on("change", heard);
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
}

/** `state`, `state/<slug>` and `state/<slug>/metadata.json`. */
function isMetadata(state: string, path: string): boolean {
  const [slug, file] = path === state ? [] : path.slice(state.length + 1).split("/");
  if (slug === undefined) return true;
  return isSlug(slug) && (file === undefined || file === "metadata.json");
}
