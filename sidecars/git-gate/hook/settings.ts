// What the gate tells its hook in the environment: whose push it is, and which repository it is for.

import * as z from "zod";

import { GateRepo } from "#domain/git-gate/gate.ts";
import { BottleError } from "#domain/bottle-error.ts";

const Settings = z.object({
  GATE_ROOT: z.string().startsWith("/"),
  GATE_SLUG: z.string().min(1),
  GATE_REPO: z.string().min(1),
  GATE_CONFIG: z.string(),
});

export interface HookSettings {
  readonly root: string;
  readonly slug: string;
  readonly repo: GateRepo;
}

/** Throws `invalid`. */
export function readSettings(env: NodeJS.ProcessEnv): HookSettings {
  const settings = Settings.safeParse(env);
  const repo = settings.success ? GateRepo.safeParse(parseJson(settings.data.GATE_CONFIG)) : undefined;
  if (!settings.success || repo?.success !== true || repo.data.name !== settings.data.GATE_REPO)
    throw new BottleError("invalid", "this is no push through the gate: its settings are missing", { where: "GATE_*" });
  return { root: settings.data.GATE_ROOT, slug: settings.data.GATE_SLUG, repo: repo.data };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
