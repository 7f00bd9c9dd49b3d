// What the operator's own Pi has: models of its own, the one that it starts with, and logins that are named but never taken.

import { join } from "node:path";

import type { OperatorSide } from "#contracts/provider.ts";

import { stageModels, type StagedModels } from "./models-file.ts";

export interface OwnPi {
  /** Undefined when there is no models.json. */
  readonly models: StagedModels | undefined;
  /** Of its settings.json; undefined when that names none. */
  readonly choice: Choice | undefined;
  /** Providers that auth.json holds a login for. */
  readonly logins: readonly string[];
}

export interface Choice {
  readonly provider: string;
  readonly model: string;
  readonly thinking: string | undefined;
}

const NONE: OwnPi = { models: undefined, choice: undefined, logins: [] };
const LEVELS = ["off", "minimal", "low", "medium", "high", "xhigh"];

/** Throws `invalid` for a models.json that cannot be read. */
export async function ownPi(operator: OperatorSide): Promise<OwnPi> {
  const folder = folderOf(operator);
  if (folder === undefined) return NONE;
  const path = join(folder, "models.json");
  const models = await operator.readFile(path);
  const settings = await operator.readFile(join(folder, "settings.json"));
  const auth = await operator.readFile(join(folder, "auth.json"));
  return {
    models: models === undefined ? undefined : stageModels(models, path),
    choice: choiceIn(objectIn(settings ?? "")),
    logins: loginsIn(objectIn(auth ?? "")),
  };
}

function folderOf({ env, home }: OperatorSide): string | undefined {
  const named = env["PI_CODING_AGENT_DIR"];
  if (named === undefined || named === "") return home === undefined ? undefined : join(home, ".pi/agent");
  if (!named.startsWith("~")) return named;
  return home === undefined ? undefined : join(home, named.slice(1));
}

/** Without members for what is no object: of these files nothing is needed. */
function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function choiceIn(settings: Readonly<Record<string, unknown>>): Choice | undefined {
  const { defaultProvider: provider, defaultModel: model, defaultThinkingLevel: level } = settings;
  if (typeof provider !== "string" || typeof model !== "string" || model === "") return undefined;
  return { provider, model, thinking: LEVELS.find((known) => known === level) };
}

/** Only names: whatever else stands there is not looked at. */
function loginsIn(auth: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(auth)
    .filter(([name, entry]) => /^[a-z][a-z0-9-]{0,40}$/.test(name) && isLogin(entry))
    .map(([name]) => name);
}

function isLogin(entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && "type" in entry && entry.type === "oauth";
}
