// `state/<slug>/plan.json`: the request that a bottle was launched with, read back to resume it.

import { readFile } from "node:fs/promises";

import * as z from "zod";

import type { LaunchRequest } from "#contracts/console.ts";
import { readMetadata } from "#core/console/read-metadata.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { bottlePaths } from "#lib/paths.ts";

const Kept = z.strictObject({
  agent: z.string(),
  backend: z.string().optional(),
  label: z.string().optional(),
  color: z.string().optional(),
  copyCwd: z.string().optional(),
  hosts: z.record(z.string(), z.string()).optional(),
  upstreamCa: z.string().optional(),
});

/** The request that starts `slug` again. Throws `not-found` or `invalid`. */
export async function requestOf(root: string, slug: string): Promise<LaunchRequest> {
  const path = bottlePaths(root, slug).plan;
  try {
    const { copyCwd: _copied, ...kept } = Kept.parse(JSON.parse(await readFile(path, "utf8")));
    // Its home is where it ran, whatever is the default by now.
    const { backend, copy_cwd: copied } = await readMetadata(root, slug);
    return { ...(kept as LaunchRequest), backend, resume: slug, ...(copied && { inWorkspace: true }) };
  } catch (cause) {
    throw new BottleError("not-found", "what this bottle was launched with cannot be read", {
      where: path,
      hint: "start its agent anew with `bottle-dash start`",
      cause,
    });
  }
}
