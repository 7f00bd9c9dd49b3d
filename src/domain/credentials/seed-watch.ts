// What the credential watcher of a bottle is told: which seed, and where the agent keeps what it makes of it. No secrets.

import * as z from "zod";

import { LEASE_MS, RENEW_MS } from "./lease.ts";

export const SeedWatch = z.strictObject({
  /** The operator's file, absolute and without links. */
  seed: z.string(),
  /** Below the agent's home: `.codex/auth.json`. */
  file: z.string(),
  /** Of the lease that the launch took. */
  token: z.string(),
  every_ms: z.int().positive().default(RENEW_MS),
  lease_ms: z.int().positive().default(LEASE_MS),
});
export type SeedWatch = z.infer<typeof SeedWatch>;

/** The variable in which the watcher gets the operator's key, where one is configured. */
export const SEED_KEY = "CREDENTIALS_KEY";
