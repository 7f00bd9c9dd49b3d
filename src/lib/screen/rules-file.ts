// The rules of a bottle's provider, as core wrote them for whoever holds or follows the terminal.

import { ScreenRules } from "#domain/provider/screen-rules.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { readChecked } from "#lib/store/read-checked.ts";

/** Undefined where there are none, and where they cannot be read: then the terminal tells whether it moves, and no more. */
export async function readScreenRules({ agent }: BottlePaths): Promise<ScreenRules | undefined> {
  const read = await readChecked(agent.screenRules, ScreenRules).catch(() => undefined);
  return read?.state === "ok" ? read.value : undefined;
}
