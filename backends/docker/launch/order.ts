// The order by which an agent starts, as the sidecars keep it for a rebuild: without what its image brings, which the next
// one may not.

import * as z from "zod";

import type { BottleSpec } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { BootOrder } from "#domain/boot/protocol.ts";

export const KeptOrder = BootOrder.extend({
  /** For the container that replaces the first one. */
  resources: z.strictObject({
    cpus: z.number().optional(),
    memory: z.number().optional(),
    pids: z.number().optional(),
  }),
  runtime: z.string().optional(),
  supervise: z.boolean(),
  git_gate: z.boolean(),
  /** It takes over the screen: such agents ask their terminal what it can do. */
  has_screen: z.boolean().default(false),
});
export type KeptOrder = z.infer<typeof KeptOrder>;

export function keptOrder({
  argv,
  env,
  cwd,
  files,
  resources,
  runtime,
  supervise,
  gitGate,
  program,
}: BottleSpec): KeptOrder {
  return {
    type: "go",
    argv: [...argv],
    env: { ...env },
    cwd,
    files: files.map((file) => ({ encoding: "utf8", keep: false, ...file })),
    resources: { ...resources },
    ...(runtime === undefined ? {} : { runtime }),
    supervise,
    git_gate: gitGate !== undefined,
    has_screen: program !== undefined && argv[0] === program.name, // else it is given a task, and shows lines
  };
}

/** Throws `failed` when it is none: an older version of ours launched the bottle. */
export function parseKept(text: string | null): KeptOrder {
  const parsed = KeptOrder.safeParse(text === null ? null : parseJson(text));
  if (parsed.success) return parsed.data;
  throw new BottleError("failed", "its sidecars keep no order to start the agent by", {
    where: "rebuild",
    hint: "stop and resume the bottle, then ask again",
  });
}

/** With the image's own variables below ours, and its PATH after ours. */
export function bootOrder(kept: KeptOrder, imageEnv: Readonly<Record<string, string>>): BootOrder {
  const { type, argv, env, cwd, files } = kept;
  const path = joinPaths(env["PATH"], imageEnv["PATH"]);
  return { type, argv, env: { ...imageEnv, ...env, ...(path === "" ? {} : { PATH: path }) }, cwd, files };
}

function joinPaths(...lists: readonly (string | undefined)[]): string {
  return [...new Set(lists.flatMap((list) => list?.split(":") ?? []).filter((folder) => folder !== ""))].join(":");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
