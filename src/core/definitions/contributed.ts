// Which providers the operator added: `contrib/<name>/provider.yml`.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { NAME } from "#domain/slug.ts";

/** Names only; sorted. */
export async function contributedProviders(contrib: string): Promise<string[]> {
  const names = (await readdir(contrib).catch(() => [])).filter((name) => NAME.test(name));
  const found = await Promise.all(
    names.map(async (name) =>
      (await stat(join(contrib, name, "provider.yml")).catch(() => undefined)) === undefined ? [] : [name],
    ),
  );
  return found.flat().toSorted();
}
