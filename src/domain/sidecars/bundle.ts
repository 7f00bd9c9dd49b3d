// The configuration of one bottle's sidecars: given to init on its standard input as one JSON document, kept in memory.
// Secrets are in `environment`, or in init's own environment; init passes each to the one daemon that uses it.

import * as z from "zod";

import { SeedWatch } from "#domain/credentials/seed-watch.ts";
import { GitGate } from "#domain/git-gate/gate.ts";

export const DaemonName = z.enum(["egress", "supervise", "git-gate", "credentials"]);
export type DaemonName = z.infer<typeof DaemonName>;

export const BundleConfig = z.strictObject({
  slug: z.string(),
  /** The operator's root folder, absolute: every path follows from it and the slug (lib/paths.ts). */
  root: z.string(),
  /** The folder with our built programs (dist/sidecars). */
  programs: z.string(),
  daemons: z.array(DaemonName),
  /** A PEM file with further roots that upstream servers may chain to. */
  upstream_ca: z.string().optional(),
  /** With the daemon `git-gate`. */
  git_gate: GitGate.optional(),
  /** With the daemon `credentials`; its key is in `environment`. */
  credentials: SeedWatch.optional(),
  /** Whether the backend can rebuild a bottle: `capability-block` is offered only then. */
  rebuild: z.boolean().default(false),
  /**
   * An address that the bottle alone can reach: the daemons listen there as well, at the ports of `INSIDE`
   * (domain/boot/protocol.ts). Without it only on unix sockets.
   */
  listen: z.strictObject({ host: z.string() }).optional(),
  /** EGRESS_TOKEN_*, EGRESS_SECRET_*, SUPERVISE_*: added to init's own environment for the daemons. Never written anywhere. */
  environment: z.record(z.string(), z.string()).default({}),
  /**
   * Kept in init's memory for whoever replaces the agent while the sidecars go on (a rebuild); opaque to init, and
   * handed out on the health socket alone, which only the operator can reach. Holds the agent's environment.
   */
  keep: z.string().optional(),
});
export type BundleConfig = z.infer<typeof BundleConfig>;

export const DaemonHealth = z.strictObject({
  name: DaemonName,
  state: z.enum(["starting", "ready", "backoff", "stopped"]),
  pid: z.int().nullable(),
  restarts: z.int(),
  last_exit: z.string().nullable(),
});
export type DaemonHealth = z.infer<typeof DaemonHealth>;

/**
 * init's health socket (`state/<slug>/init/init.sock`), newline-delimited JSON: on connect the whole health, then
 * again after each change. A client may send { stop: true }: init ends its daemons and itself, and closes;
 * { kept: true }: one line { kept: string | null } comes back, between lines of health; or
 * { hold: true }: the lifeline is held until this connection ends, while the agent is replaced.
 */
export const BundleHealth = z.strictObject({ daemons: z.array(DaemonHealth) });
export type BundleHealth = z.infer<typeof BundleHealth>;

export const KeptAnswer = z.strictObject({ kept: z.string().nullable() });
export type KeptAnswer = z.infer<typeof KeptAnswer>;

export { READY_LINE } from "./ready-line.ts";
