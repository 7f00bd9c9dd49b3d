// What the git gate of one bottle serves: part of the sidecars' configuration, made from `git-gate.repos` at launch.

import * as z from "zod";

export const GateRepo = z.strictObject({
  /** Served as `/<name>.git`, mirrored in `state/<slug>/git-gate/<name>.git`. */
  name: z.string(),
  /** The parts of `ssh://user@host[:port]/path`. */
  user: z.string(),
  host: z.string(),
  port: z.int().min(1).max(65_535),
  path: z.string(),
  /** The key file, absolute, as the gate itself sees it. */
  identity: z.string(),
  /** `<type> <base64>`; without one nothing is fetched or pushed, and the refusal says what to add. */
  host_key: z.string().optional(),
  /** Whether history may be rewritten, and branches deleted that this bottle did not make. */
  force_push: z.boolean(),
});
export type GateRepo = z.infer<typeof GateRepo>;

export const GitGate = z.strictObject({
  repos: z.array(GateRepo).min(1),
  /** Bytes of one pushed pack. */
  max_pack_bytes: z.int().positive(),
});
export type GitGate = z.infer<typeof GitGate>;

export const MAX_PACK_BYTES = 2 * 2 ** 30;
