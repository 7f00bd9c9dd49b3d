// Where our built programs are: beside the bundle that runs, or in dist/ of the checkout when run from source.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { BottleError } from "#domain/bottle-error.ts";

/** The `dist` folder, absolute. Set at build time in the bundles, where this file is part of dist itself. */
declare const BOTTLE_DIST_IS_HERE: boolean | undefined;

export function distFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  if (typeof BOTTLE_DIST_IS_HERE !== "undefined") return here.endsWith("sidecars") ? dirname(here) : here;
  return join(here, "..", "..", "dist");
}

/** The folder with init.js, egress.js, supervise.js, guest-agent.js and entrypoint.js. */
export function programsFolder(): string {
  const folder = join(distFolder(), "sidecars");
  if (existsSync(join(folder, "init.js"))) return folder;
  throw new BottleError("failed", "the sidecars are not built", { where: folder, hint: "run `npm run build`" });
}
