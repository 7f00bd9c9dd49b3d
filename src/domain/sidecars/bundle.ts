// The configuration of one bottle's sidecars: given to init on its standard input as one JSON document, kept in memory.
// Secrets are not here: they are in init's own environment, and init passes the EGRESS_TOKEN_* and EGRESS_SECRET_* to `egress` alone.

import * as z from "zod";

export const DaemonName = z.enum(["egress", "supervise"]);
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
 * again after each change. A client may send { stop: true }: init ends its daemons and itself, and closes.
 */
export const BundleHealth = z.strictObject({ daemons: z.array(DaemonHealth) });
export type BundleHealth = z.infer<typeof BundleHealth>;

export { READY_LINE } from "./ready-line.ts";
