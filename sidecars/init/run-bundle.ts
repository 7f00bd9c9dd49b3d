// init's loop: takes one event after another, asks planActions what to do, and does it.

import { rmSync } from "node:fs";

import type { BundleConfig, DaemonName } from "#domain/sidecars/bundle.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { READY_LINE } from "#domain/sidecars/bundle.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { bottlePaths } from "#lib/paths.ts";

import type { BundleLog } from "./bundle-log.ts";
import { daemonCommand } from "./daemon-command.ts";
import { COULD_NOT_START, startDaemon, type DaemonProcess } from "./daemon-process.ts";
import { openHealthSocket } from "./health-socket.ts";
import { newLifeline, serveLifeline, type Lifeline } from "./lifeline.ts";
import type { Mailbox } from "./mailbox.ts";
import { underSubreaper } from "./subreaper.ts";
import { healthOf, newBundle, planActions, POLICY, type InitCommand } from "./plan-actions.ts";

export interface BundleShell {
  readonly config: BundleConfig;
  readonly mailbox: Mailbox;
  readonly log: BundleLog;
  readonly env: NodeJS.ProcessEnv;
  readonly output: NodeJS.WritableStream;
  /** Resolves when whoever wrote the configuration has let go of our standard input. */
  readonly launcherLeft: Promise<void>;
  /** Records a restart in the bottle's audit log; never throws. */
  audit(daemon: DaemonName, detail: string): void;
}

/** Runs the bundle until it is asked to stop; resolves with init's exit code. */
export async function runBundle(shell: BundleShell): Promise<number> {
  const { config, mailbox } = shell;
  const paths = bottlePaths(config.root, config.slug);
  let state = newBundle(config.daemons);
  const stop = (by: string): void => mailbox.post({ type: "stop-requested", by });
  const lifeline = newLifeline(() => stop("the agent is gone"));
  const socket = await openHealthSocket(paths.init.socket, healthOf(state), {
    stop: () => stop("asked on the health socket"),
    kept: config.keep ?? null,
    hold: lifeline.hold,
  });
  const closeLifeline = await openLifeline(shell, lifeline);
  await writeAtomic(paths.init.pid, `${process.pid}\n`);
  const perform = performer(shell);
  mailbox.post({ type: "started" });
  for (;;) {
    const step = planActions(state, await mailbox.take(), POLICY);
    state = step.state;
    for (const command of step.commands) {
      if (command.type !== "finish") {
        perform(command);
        continue;
      }
      rmSync(paths.init.pid, { force: true });
      closeLifeline();
      socket.publish(healthOf(state));
      socket.close();
      return command.exitCode;
    }
    socket.publish(healthOf(state));
  }
}

/** Only a bundle that has an address of its own has one: others are told when to end. */
async function openLifeline({ config, launcherLeft }: BundleShell, lifeline: Lifeline): Promise<() => void> {
  const { listen } = config;
  const close =
    listen === undefined ? undefined : await serveLifeline(lifeline, { host: listen.host, port: INSIDE.lifeline.port });
  if (close === undefined) lifeline.close();
  else void launcherLeft.then(lifeline.launcherLeft);
  return () => {
    lifeline.close();
    close?.();
  };
}

type Performed = Exclude<InitCommand, { type: "finish" }>;

function performer({ config, mailbox, log, env, output, audit }: BundleShell): (command: Performed) => void {
  const processes = new Map<DaemonName, DaemonProcess>();
  const timers = new Map<DaemonName, NodeJS.Timeout>();

  const spawn = (daemon: DaemonName): void => {
    const plain = daemonCommand(daemon, config, env, process.execPath);
    // Others inherit what we leave where we are not process 1, and only the gate starts programs.
    const command = daemon === "git-gate" && process.pid === 1 ? underSubreaper(plain) : plain;
    const exited = (code: number | null, signal: string | null): void =>
      mailbox.post({ type: "exited", daemon, code, signal, at: performance.now() });
    try {
      const started = startDaemon(command, {
        spawned: (pid) => mailbox.post({ type: "spawned", daemon, pid }),
        ready: () => mailbox.post({ type: "ready", daemon, at: performance.now() }),
        line: (text) => log.write(daemon, text),
        exited,
      });
      processes.set(daemon, started);
    } catch (error) {
      log.write(daemon, `could not be started: ${String(error)}`); // no descriptor left, for example
      exited(COULD_NOT_START, null);
    }
  };

  return (command) => {
    switch (command.type) {
      case "spawn":
        return spawn(command.daemon);
      case "signal":
        return processes.get(command.daemon)?.signal(command.signal);
      case "start-backoff": {
        const { daemon } = command;
        timers.set(
          daemon,
          setTimeout(() => mailbox.post({ type: "backoff-over", daemon }), command.ms),
        );
        return;
      }
      case "drop-backoff":
        return clearTimeout(timers.get(command.daemon));
      case "start-grace":
        // Unreferenced: a bundle that stopped in time does not wait for it.
        setTimeout(() => mailbox.post({ type: "grace-over" }), command.ms).unref();
        return;
      case "announce-ready":
        return void output.write(`${READY_LINE}\n`);
      case "note":
        return log.write("init", command.text);
      case "audit-restart":
        return audit(command.daemon, command.detail);
    }
  };
}
