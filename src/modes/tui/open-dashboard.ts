// Opens the dashboard on a terminal and resolves with the exit code when the operator leaves. The bottles go on.

import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { once } from "node:events";

import { render } from "ink";
import { createElement } from "react";

import type { LaunchStep } from "#contracts/backend.ts";
import type { Console } from "#contracts/console.ts";
import { DEFAULT_CONFIG, type Config } from "#domain/config/config.ts";
import { describeProposal } from "#domain/proposal/describe.ts";
import { rootPaths } from "#lib/paths.ts";

import { bindKeys } from "./actions.ts";
import { App, type InkApp } from "./app.tsx";
import { attachFitted, parseDetachKey, relayTerminal } from "./attach.ts";
import { findItem } from "./context.ts";
import { editProposal } from "./editor.ts";
import { createEffects } from "./effects.ts";
import { KeyStream } from "./key-stream.ts";
import { ScreenStream } from "./screen-stream.ts";
import { createStore, type Store } from "./store.ts";
import { firstView } from "./view.ts";
import { guardTerminal } from "./terminal-guard.ts";

export interface DashboardOptions {
  readonly console: Console;
  readonly stdin?: NodeJS.ReadStream;
  readonly stdout?: NodeJS.WriteStream;
  readonly stderr?: NodeJS.WriteStream;
  /** Starts the demo bottle and resolves with its slug. */
  readonly startDemo: (progress: (step: LaunchStep) => void, signal: AbortSignal) => Promise<string>;
  readonly config?: Config;
  readonly env?: NodeJS.ProcessEnv;
}

/** Throws `invalid` for a bad configuration before the screen is touched. Crashes end the process, with the terminal restored. */
export async function openDashboard(options: DashboardOptions): Promise<number> {
  const { console, startDemo, config = DEFAULT_CONFIG, env = process.env } = options;
  const { stdin = process.stdin, stdout = process.stdout, stderr = process.stderr } = options;
  const keymap = bindKeys(config.keys);
  const detachKey = parseDetachKey(config.detach_keys);
  await console.start();
  const clock = (): number => Date.now();
  const ended = Promise.withResolvers<number>();
  const screen = new ScreenStream(stdout);
  const keys = new KeyStream(stdin);
  let ink: InkApp | undefined;
  let away = false;

  /** The terminal is `work`'s alone until it is done; then the dashboard is drawn as it was. */
  const handOver = async (work: () => Promise<void>): Promise<void> => {
    if (ink === undefined || away) return;
    away = true;
    try {
      await ink.suspendTerminal(async () => {
        keys.release();
        await turn();
        try {
          await work();
        } finally {
          keys.open();
          resize();
        }
      });
    } finally {
      away = false;
    }
  };

  const attach = async (slug: string, to: Store): Promise<void> => {
    const terminal = await attachFitted(() => console.attach(slug), stdout);
    let end = "";
    await handOver(async () => {
      end = await relayTerminal({ terminal, stdin, stdout, detachKey, name: slug });
    });
    const text = end === "exited" ? `${slug} ended while you were attached` : `detached from ${slug}; it goes on`;
    to.dispatch({ type: "notice", tone: end === "exited" ? "ask" : "info", text });
  };

  const edit = async (id: string, digest: string, to: Store): Promise<void> => {
    const item = findItem(console.fleet(), id);
    if (item === undefined) return;
    await handOver(async () => {
      const result = await editProposal({ proposal: item.proposal, editor: config.editor ?? env["VISUAL"] ?? env["EDITOR"] ?? "vi", stdin, stdout });
      if (result.type === "unchanged") return to.dispatch({ type: "notice", tone: "info", text: "unchanged: nothing was approved" });
      if (result.type === "dropped") return to.dispatch({ type: "notice", tone: "bad", text: `${result.why}: nothing was approved` });
      const changed = { ...item.proposal, payload: result.payload } as typeof item.proposal;
      to.dispatch({
        type: "open",
        layer: {
          type: "confirm",
          lines: ["Approve the edited rule until the bottle stops?", ...describeProposal(changed).meaning.slice(0, 2)],
          safe: "Leave it",
          act: "Approve",
          focus: "safe",
          effect: { type: "approve", id, digest, approval: { scope: "session", payload: result.payload } },
        },
      });
    });
  };

  /** Ctrl-Z: the whole job sleeps, as a shell expects; SIGCONT brings it back. */
  const sleep = (): void => {
    void handOver(async () => {
      const woken = once(process, "SIGCONT");
      const handlers = process.listeners("SIGTSTP");
      process.removeAllListeners("SIGTSTP");
      process.kill(0, "SIGTSTP");
      await Promise.race([woken, delay(150)]); // without a shell that waits, the kernel drops the signal
      for (const handler of handlers) process.on("SIGTSTP", handler);
    });
  };

  const store = createStore({
    console,
    keymap,
    color: (env["NO_COLOR"] ?? "") === "" && config.theme !== "none",
    view: firstView(screen.measure(), config),
    clock,
    run: createEffects({ console, startDemo, clock, end: ended.resolve, sleep, attach, edit }),
  });
  const guard = guardTerminal({
    stdin,
    stdout,
    stderr,
    crashLog: rootPaths(console.root).crashLog,
    stopDrawing: () => screen.close(),
    end: ended.resolve,
    sleep,
  });
  const instance = render(createElement(App, { store, ready: (app) => (ink = app) }), {
    stdin: keys as unknown as NodeJS.ReadStream,
    stdout: screen as unknown as NodeJS.WriteStream,
    stderr,
    exitOnCtrlC: false,
    alternateScreen: true,
    incrementalRendering: true,
    maxFps: 30,
    interactive: true,
    patchConsole: true,
  });
  const resize = (): void => {
    const size = screen.measure();
    if (!away) instance.clear();
    store.dispatch({ type: "resize", size });
  };
  stdout.on("resize", resize);
  stdin.once("end", () => ended.resolve(129));
  keys.open();
  instance.waitUntilExit().catch(guard.crash);

  const code = await ended.promise;
  stdout.off("resize", resize);
  store.close();
  instance.unmount();
  keys.release();
  guard.restore();
  guard.uninstall();
  return code;
}
