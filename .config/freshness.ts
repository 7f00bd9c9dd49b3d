// Whether dist is older than what it is built from.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");
/** Written when a build succeeded; its time is when that build began reading. */
export const stamp = join(root, "dist", ".built");

export const sourceFolders = ["src", "components", "backends", "sidecars", "fixtures/demo"];
const sources = [...sourceFolders, ".config", "package.json", "package-lock.json", "tsconfig.json"];

export function distIsStale(): boolean {
  const built = modified(stamp);
  return built === undefined || sources.some((source) => newest(join(root, source)) > built);
}

function newest(path: string): number {
  const own = modified(path) ?? 0;
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return own;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), own);
}

function modified(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
