// What the operator's own Pi has: models of its own, and logins that are named but never taken.

import { join } from "node:path";

import type { OperatorSide } from "#contracts/provider.ts";

import { stageModels, type StagedModels } from "./models-file.ts";

export interface OwnPi {
  /** Undefined when there is no models.json. */
  readonly models: StagedModels | undefined;
  /** Providers that auth.json holds a login for. */
  readonly logins: readonly string[];
}

const NONE: OwnPi = { models: undefined, logins: [] };

/** Throws `invalid` for a models.json that cannot be read. */
export async function ownPi(operator: OperatorSide): Promise<OwnPi> {
  const folder = folderOf(operator);
  if (folder === undefined) return NONE;
  const path = join(folder, "models.json");
  const models = await operator.readFile(path);
  const auth = await operator.readFile(join(folder, "auth.json"));
  return { models: models === undefined ? undefined : stageModels(models, path), logins: loginsIn(auth ?? "") };
}

function folderOf({ env, home }: OperatorSide): string | undefined {
  const named = env["PI_CODING_AGENT_DIR"];
  if (named === undefined || named === "") return home === undefined ? undefined : join(home, ".pi/agent");
  if (!named.startsWith("~")) return named;
  return home === undefined ? undefined : join(home, named.slice(1));
}

/** Only names: whatever else stands there is not looked at. */
function loginsIn(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return []; // nothing of it is used
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([name, entry]) => /^[a-z][a-z0-9-]{0,40}$/.test(name) && isLogin(entry))
    .map(([name]) => name);
}

function isLogin(entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && "type" in entry && entry.type === "oauth";
}
