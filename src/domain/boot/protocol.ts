// What the launcher and the entrypoint, the first program inside a bottle, say to each other before the agent starts:
// newline-delimited JSON over a unix socket that takes one connection and is closed for good after it.
//   entrypoint → launcher   { type: "proof", checks }        the forwarders listen, the isolation was tried
//   launcher → entrypoint   { type: "go", argv, env, cwd, files }   start the agent; values of env travel only here
//   entrypoint → launcher   { type: "started", pid } | { type: "failed", message }
// A connection that ends before "go" makes the entrypoint exit 1: nothing runs unproved.

import * as z from "zod";

import { IsolationCheck } from "#domain/fleet/isolation.ts";

export const BootReport = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("proof"), checks: z.array(IsolationCheck) }),
  z.strictObject({ type: z.literal("started"), pid: z.int() }),
  z.strictObject({ type: z.literal("failed"), message: z.string() }),
]);
export type BootReport = z.infer<typeof BootReport>;

export const BootOrder = z.strictObject({
  type: z.literal("go"),
  argv: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()),
  cwd: z.string(),
  /** Written inside, by the agent's own user, before it starts: a link that an agent left in its home leads nowhere. */
  files: z
    .array(
      z.strictObject({
        path: z.string(),
        content: z.string(),
        mode: z.int(),
        encoding: z.enum(["utf8", "base64"]).default("utf8"),
        /** Left alone when something stands there already. */
        keep: z.boolean().default(false),
      }),
    )
    .default([]),
});
export type BootOrder = z.infer<typeof BootOrder>;
/** With what has a default left out. */
export type BootOrderInput = z.input<typeof BootOrder>;

/** `boot/tries.json` beside the boot socket: what the entrypoint must fail to reach. Removed before the agent starts. */
export const BootTries = z.strictObject({
  /** Addresses at which the launcher really listens, in order to prove that it cannot be reached. */
  listening: z.array(z.strictObject({ host: z.string(), port: z.int() })),
  /** An abstract unix socket on which the launcher listens, without its leading zero byte. */
  abstract: z.string().nullable(),
  /** Absolute paths of the host that must not exist inside. */
  absent: z.array(z.string()),
  /** Whether a missing system call filter refuses the launch. */
  seccomp_required: z.boolean(),
  /** Whether that filter is ours: an engine's own lets more through, and what it does is only noted. */
  own_filter: z.boolean().default(false),
  /** The runtime answers system calls by a kernel of its own (gVisor): what that says of itself is noted, and is no proof. */
  user_space_kernel: z.boolean().default(false),
  /** "none": loopback alone. "internal": besides, one interface on which nothing answers but the sidecars. */
  network: z.enum(["none", "internal"]).default("none"),
  /** Further addresses that must be out of reach: gateways, bridges, other bottles. Connecting must be refused or unreachable. */
  refused: z.array(z.strictObject({ host: z.string(), port: z.int() })).default([]),
  /** Addresses of the same agent's other container while one takes the other's place: what that offers is its own. */
  beside: z.array(z.string()).default([]),
  /** Name servers to ask for a name outside, beside the system's own; none may know it. */
  resolvers: z.array(z.string()).default([]),
  /** Names of variables that the image brings: anything else in the entrypoint's environment leaked. */
  image_variables: z.array(z.string()).default([]),
  /** Whether all but the home and the private temporary folders must be read-only. */
  read_only: z.boolean().default(true),
  /** What each port on the bottle's own loopback leads to; opened before anything is tried. */
  forwards: z.array(
    z.strictObject({
      port: z.int(),
      to: z.union([z.strictObject({ path: z.string() }), z.strictObject({ host: z.string(), port: z.int() })]),
    }),
  ),
  /** The sidecars end when nobody holds this connection any more; null where they are told otherwise. */
  lifeline: z.strictObject({ host: z.string(), port: z.int() }).nullable().default(null),
});
export type BootTries = z.infer<typeof BootTries>;
/** With what has a default left out. */
export type BootTriesInput = z.input<typeof BootTries>;

/** Where things are inside every bottle, whatever the backend. */
export const INSIDE = {
  /** Our own programs, read-only. */
  programs: "/opt/bottle-dash",
  /** The agent's own programs where they come from the operator's machine; `bin` below it is on the PATH. */
  agent: "/opt/agent",
  home: "/home/node",
  workspace: "/home/node/workspace",
  /** Unix sockets of the sidecars and of the boot, where the backend binds sockets. */
  sockets: "/run/bottle",
  /** ca.pem (the bottle's own) and bundle.pem (with the system's roots). */
  tls: "/etc/bottle/tls",
  currentConfig: "/etc/bot-bottle/current-config",
  egress: { host: "127.0.0.1", port: 9099 },
  supervise: { host: "127.0.0.1", port: 9100 },
  gitDaemon: { host: "127.0.0.1", port: 9418 },
  gitHttp: { host: "127.0.0.1", port: 9420 },
  /** Where init listens for the lifeline, on the sidecars' own address. */
  lifeline: { port: 9098 },
} as const;
