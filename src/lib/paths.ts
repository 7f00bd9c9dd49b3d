// Where everything is on disk. One function each for the root and for a bottle; nobody else joins these names.

import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import { parseSlug } from "#domain/slug.ts";

/** `$BOT_BOTTLE_ROOT`, else `~/.bot-bottle`. Throws `invalid` where there is no home folder to put it in. */
export function rootFolder(env: NodeJS.ProcessEnv = process.env): string {
  const named = env["BOT_BOTTLE_ROOT"];
  if (named !== undefined && named !== "") return resolve(named);
  const home = env["HOME"] ?? safeHomedir();
  if (home === undefined || !isAbsolute(home) || home === "/") {
    throw new BottleError("invalid", "there is no home folder to keep bottles in", {
      where: "HOME",
      hint: "set HOME, or BOT_BOTTLE_ROOT to an absolute path",
    });
  }
  return join(home, ".bot-bottle");
}

function safeHomedir(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined; // no passwd entry either
  }
}

export function rootPaths(root: string) {
  return {
    root,
    bottles: join(root, "bottles"),
    agents: join(root, "agents"),
    config: join(root, "config.yml"),
    contrib: join(root, "contrib"),
    skills: join(root, "skills"),
    state: join(root, "state"),
    queue: join(root, "queue"),
    audit: join(root, "audit"),
    logs: join(root, "logs"),
    crashLog: join(root, "logs", "dashboard-crash.log"),
  };
}

export type BottlePaths = ReturnType<typeof bottlePaths>;
/**
 * Throws `invalid` when `slug` is none: no path is ever made from an unchecked name. What lies below its folder is put
 * together without `join`: with it, a look at a fleet spent more time here than on reading its files.
 */
export function bottlePaths(root: string, slug: string) {
  parseSlug(slug);
  const state = join(root, "state", slug);
  const queue = join(root, "queue", slug);
  return {
    state,
    metadata: `${state}/metadata.json`,
    /** What the bottle was launched with, without secrets: what resume needs. */
    plan: `${state}/plan.json`,
    isolation: `${state}/isolation.json`,
    /** Which credentials its provider read here, and when they expire; no values (domain/provider/credential.ts). */
    credentials: `${state}/credentials.json`,
    agent: {
      dir: `${state}/agent`,
      home: `${state}/agent/home`,
      socket: `${state}/agent/guest-agent.sock`,
      boot: `${state}/agent/boot`,
      /** For a container that takes another one's place: neither may take part in the other's boot. */
      bootBeside: `${state}/agent/boot-beside`,
      exit: `${state}/agent/exit.json`,
      /** What the agent last said of itself (domain/fleet/agent-report.ts). */
      state: `${state}/agent/state.json`,
      /** The answer of an agent that was given a task (domain/provider/task-output.ts). */
      result: `${state}/agent/result.json`,
      /** How its screen tells its state (domain/provider/screen-rules.ts); absent where nothing is known of it. */
      screenRules: `${state}/agent/screen-rules.json`,
      /** Fingerprints of what must not be seen on its terminal or in its logs. */
      redactions: `${state}/agent/redactions.json`,
      redactionsKey: `${state}/agent/redactions.key`,
      pid: `${state}/agent/guest-agent.pid`,
      /** Names the process that launches the bottle just now. */
      launcher: `${state}/agent/launcher.pid`,
      scrollback: `${state}/agent/scrollback.raw`,
      /** The file that the bottle's image is built from, once a proposed one was approved. */
      dockerfile: `${state}/agent/Dockerfile`,
      /** We ask the agent to end: written before it is told, so that whoever sees its end knows that it was asked for. */
      stopping: `${state}/agent/stopping`,
      /** The terminal's size, where the backend's engine does not tell it. */
      size: `${state}/agent/size.json`,
      /** Names the process that answers the agent's questions to its terminal, where nobody holds it for good. */
      answering: `${state}/agent/answering.pid`,
    },
    init: { dir: `${state}/init`, socket: `${state}/init/init.sock`, pid: `${state}/init/init.pid` },
    egress: {
      dir: `${state}/egress`,
      routes: `${state}/egress/routes.yaml`,
      uses: `${state}/egress/uses.json`,
      /** What was used of limits and budgets today, so that a restart does not begin the day anew. */
      usage: `${state}/egress/usage.json`,
      /** What was asked for since the bottle was made, folded: what `egress learn` works on. */
      seen: `${state}/egress/seen.json`,
      /** The key of fingerprints of secrets, made at the first start. */
      fingerprintKey: `${state}/egress/fingerprint.key`,
      /** In a folder of its own, which alone is bound into the bottle. */
      socket: `${state}/egress/inside/egress.sock`,
      control: `${state}/egress/control.sock`,
    },
    /** The same table for a second proxy that somebody runs behind ours. */
    pipelock: { dir: `${state}/pipelock`, config: `${state}/pipelock/pipelock.yaml` },
    supervise: {
      dir: `${state}/supervise`,
      socket: `${state}/supervise/inside/supervise.sock`,
      currentConfig: `${state}/supervise/current-config`,
      /** What the bottle is made from, for the agent to read; absent where it is made from no image. */
      currentDockerfile: `${state}/supervise/current-config/Dockerfile`,
    },
    gitGate: {
      dir: `${state}/git-gate`,
      mirror: (name: string) => `${state}/git-gate/${name}.git`,
      /** In a folder of their own, which alone is bound into the bottle: smart HTTP, and the git protocol. */
      http: `${state}/git-gate/inside/http.sock`,
      daemon: `${state}/git-gate/inside/daemon.sock`,
    },
    tls: {
      dir: `${state}/tls`,
      key: `${state}/tls/ca.key`,
      /** Bound into the bottle: ca.pem and bundle.pem. */
      inside: `${state}/tls/inside`,
      cert: `${state}/tls/inside/ca.pem`,
      bundle: `${state}/tls/inside/bundle.pem`,
    },
    logs: {
      dir: `${state}/logs`,
      /** `<source>.jsonl`: one {at, source, text} a line; rotated once to `<source>.jsonl.1` at 8 MiB. */
      of: (source: string) => `${state}/logs/${source}.jsonl`,
      crash: `${state}/logs/crash.log`,
    },
    /** Approved Dockerfiles: who began to build one, and what the bottle was made from before. */
    rebuilds: {
      dir: `${state}/rebuilds`,
      lock: `${state}/rebuilds/.lock`,
      of: (id: string) => `${state}/rebuilds/${id}.json`,
      undo: (id: string) => `${state}/rebuilds/${id}.undo.json`,
    },
    queue,
    archive: `${queue}/archive`,
    audit: join(root, "audit", `${slug}.jsonl`),
  };
}
