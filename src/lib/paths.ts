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
    state: join(root, "state"),
    queue: join(root, "queue"),
    audit: join(root, "audit"),
    logs: join(root, "logs"),
    crashLog: join(root, "logs", "dashboard-crash.log"),
  };
}

export type BottlePaths = ReturnType<typeof bottlePaths>;
/** Throws `invalid` when `slug` is none: no path is ever made from an unchecked name. */
export function bottlePaths(root: string, slug: string) {
  parseSlug(slug);
  const state = join(root, "state", slug);
  const queue = join(root, "queue", slug);
  return {
    state,
    metadata: join(state, "metadata.json"),
    /** What the bottle was launched with, without secrets: what resume needs. */
    plan: join(state, "plan.json"),
    isolation: join(state, "isolation.json"),
    agent: {
      dir: join(state, "agent"),
      home: join(state, "agent", "home"),
      socket: join(state, "agent", "guest-agent.sock"),
      boot: join(state, "agent", "boot"),
      /** For a container that takes another one's place: neither may take part in the other's boot. */
      bootBeside: join(state, "agent", "boot-beside"),
      exit: join(state, "agent", "exit.json"),
      /** What the agent last said of itself (domain/fleet/agent-report.ts). */
      state: join(state, "agent", "state.json"),
      pid: join(state, "agent", "guest-agent.pid"),
      /** Names the process that launches the bottle just now. */
      launcher: join(state, "agent", "launcher.pid"),
      scrollback: join(state, "agent", "scrollback.raw"),
      /** The file that the bottle's image is built from, once a proposed one was approved. */
      dockerfile: join(state, "agent", "Dockerfile"),
      /** We ask the agent to end: written before it is told, so that whoever sees its end knows that it was asked for. */
      stopping: join(state, "agent", "stopping"),
      /** The terminal's size, where the backend's engine does not tell it. */
      size: join(state, "agent", "size.json"),
      /** Names the process that answers the agent's questions to its terminal, where nobody holds it for good. */
      answering: join(state, "agent", "answering.pid"),
    },
    init: { dir: join(state, "init"), socket: join(state, "init", "init.sock"), pid: join(state, "init", "init.pid") },
    egress: {
      dir: join(state, "egress"),
      routes: join(state, "egress", "routes.yaml"),
      uses: join(state, "egress", "uses.json"),
      /** What was used of limits and budgets today, so that a restart does not begin the day anew. */
      usage: join(state, "egress", "usage.json"),
      /** What was asked for since the bottle was made, folded: what `egress learn` works on. */
      seen: join(state, "egress", "seen.json"),
      /** The key of fingerprints of secrets, made at the first start. */
      fingerprintKey: join(state, "egress", "fingerprint.key"),
      /** In a folder of its own, which alone is bound into the bottle. */
      socket: join(state, "egress", "inside", "egress.sock"),
      control: join(state, "egress", "control.sock"),
    },
    /** The same table for a second proxy that somebody runs behind ours. */
    pipelock: { dir: join(state, "pipelock"), config: join(state, "pipelock", "pipelock.yaml") },
    supervise: {
      dir: join(state, "supervise"),
      socket: join(state, "supervise", "inside", "supervise.sock"),
      currentConfig: join(state, "supervise", "current-config"),
      /** What the bottle is made from, for the agent to read; absent where it is made from no image. */
      currentDockerfile: join(state, "supervise", "current-config", "Dockerfile"),
    },
    gitGate: {
      dir: join(state, "git-gate"),
      mirror: (name: string) => join(state, "git-gate", `${name}.git`),
      /** In a folder of their own, which alone is bound into the bottle: smart HTTP, and the git protocol. */
      http: join(state, "git-gate", "inside", "http.sock"),
      daemon: join(state, "git-gate", "inside", "daemon.sock"),
    },
    tls: {
      dir: join(state, "tls"),
      key: join(state, "tls", "ca.key"),
      /** Bound into the bottle: ca.pem and bundle.pem. */
      inside: join(state, "tls", "inside"),
      cert: join(state, "tls", "inside", "ca.pem"),
      bundle: join(state, "tls", "inside", "bundle.pem"),
    },
    logs: {
      dir: join(state, "logs"),
      /** `<source>.jsonl`: one {at, source, text} a line; rotated once to `<source>.jsonl.1` at 8 MiB. */
      of: (source: string) => join(state, "logs", `${source}.jsonl`),
      crash: join(state, "logs", "crash.log"),
    },
    /** Approved Dockerfiles: who began to build one, and what the bottle was made from before. */
    rebuilds: {
      dir: join(state, "rebuilds"),
      lock: join(state, "rebuilds", ".lock"),
      of: (id: string) => join(state, "rebuilds", `${id}.json`),
      undo: (id: string) => join(state, "rebuilds", `${id}.undo.json`),
    },
    queue,
    archive: join(queue, "archive"),
    audit: join(root, "audit", `${slug}.jsonl`),
  };
}
