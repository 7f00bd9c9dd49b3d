// Files that come with a provider beside its code: its rules (.yml), and programs of its that run inside a bottle.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";

import { distFolder } from "./programs.ts";

/** The text of `dist/providers/<provider>/<file>`. Throws `failed` when this installation lacks it. */
export async function readProviderFile(provider: string, file: string): Promise<string> {
  const path = join(distFolder(), "providers", provider, file);
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new BottleError("failed", "a file of this installation is missing", {
      where: path,
      hint: "install bottle-dash again, or run `npm run build` in a checkout",
      cause,
    });
  }
}
