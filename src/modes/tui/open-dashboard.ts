// Opens the dashboard on a terminal and resolves with the exit code when the operator leaves. The bottles go on.

import { render, type Instance } from "ink";
import { createElement } from "react";

import type { LaunchStep } from "#contracts/backend.ts";
import type { Console } from "#contracts/console.ts";
import { DEFAULT_CONFIG, type Config } from "#domain/config/config.ts";
import { rootPaths } from "#lib/paths.ts";

import { bindKeys } from "./actions.ts";
import { App } from "./app.tsx";
import { parseDetachKey } from "./attach.ts";
import { editInEditor } from "./edit-proposal.ts";
import { editTableInEditor } from "./edit-table.ts";
import { Effects } from "./effects.ts";
import { Handover } from "./handover.ts";
import { KeyStream } from "./key-stream.ts";
import { arrivalSignal, expirySignal } from "./notification.ts";
import { reattach } from "./reattach.ts";
import { ScreenStream } from "./screen-stream.ts";
import { Store, type StoreOptions } from "./store.ts";
import { guardTerminal } from "./terminal-guard.ts";
import { firstView } from "./view.ts";

export interface DashboardOptions {
  readonly console: Console;
  readonly stdin?: NodeJS.ReadStream;
  readonly stdout?: NodeJS.WriteStream;
  readonly stderr?: NodeJS.WriteStream;
  /** Starts the demo bottle and resolves with its slug. */
  readonly startDemo: (progress: (step: LaunchStep) => void, signal: AbortSignal) => Promise<string>;
  readonly config?: Config;
  /** The bottle to select at first. */
  readonly select?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Starts the console, too. Throws `invalid` for a bad configuration before the screen is touched.
 * A crash ends the process, with the terminal restored and the trace in the crash log. The caller closes the console.
 */
export async function openDashboard(options: DashboardOptions): Promise<number> {
  const { console, startDemo, config = DEFAULT_CONFIG, env = process.env } = options;
  const { stdin = process.stdin, stdout = process.stdout, stderr = process.stderr } = options;
  const keymap = bindKeys(config.keys);
  const detachKey = parseDetachKey(config.detach_keys);
  await console.start();

  const ended = Promise.withResolvers<number>();
  const screen = new ScreenStream(stdout);
  const keys = new KeyStream(stdin);
  const handover = new Handover(keys, () => resize());
  const sleep = (): void => void handover.sleep();
  const editing = { console, handover, editor: config.editor ?? env["VISUAL"] ?? env["EDITOR"] ?? "vi", stdin, stdout };

  const effects = new Effects({
    console,
    startDemo,
    clock: () => Date.now(),
    end: ended.resolve,
    sleep,
    attach: (slug, store) => reattach({ console, slug, store, handover, detachKey, stdin, stdout }),
    edit: (id, digest, store) => editInEditor({ ...editing, id, digest, store }),
    editTable: (slug, store) => editTableInEditor({ ...editing, slug, store }),
  });
  const store = new Store({
    console,
    keymap,
    color: (env["NO_COLOR"] ?? "") === "" && config.theme !== "none",
    view: { ...firstView(screen.measure(), config), selected: options.select ?? null },
    logLines: config.logs.lines,
    clock: () => Date.now(),
    run: (effect, to) => effects.run(effect, to),
    ...notices(config.notifications, (text) => handover.away || screen.write(text)),
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
  const instance = mount(store, handover, { screen, keys, stderr });
  const resize = (): void => {
    const size = screen.measure();
    if (!handover.away) forgetFrame(instance, screen);
    store.dispatch({ type: "resize", size });
  };
  const unwatch = onResize(stdout, resize);
  stdin.once("end", () => ended.resolve(129));
  keys.open();
  instance.waitUntilExit().catch(guard.crash);

  const code = await ended.promise;
  unwatch();
  store.close();
  instance.unmount();
  keys.release();
  guard.restore();
  guard.uninstall();
  return code;
}

/** While an agent has the terminal, nothing of ours is written to it. */
function notices(
  kind: Config["notifications"],
  write: (text: string) => void,
): Pick<StoreOptions, "arrived" | "expiring"> {
  return {
    arrived: (bottles, alarms) => write(arrivalSignal(kind, bottles, alarms)),
    expiring: (bottles) => write(expirySignal(kind, bottles)),
  };
}

interface Streams {
  readonly screen: ScreenStream;
  readonly keys: KeyStream;
  readonly stderr: NodeJS.WriteStream;
}

function mount(store: Store, handover: Handover, { screen, keys, stderr }: Streams): Instance {
  return render(createElement(App, { store, ready: handover.ready }), {
    stdin: keys as unknown as NodeJS.ReadStream,
    stdout: screen as unknown as NodeJS.WriteStream,
    stderr,
    exitOnCtrlC: false,
    alternateScreen: true,
    incrementalRendering: true,
    maxFps: 120, // the store draws at most 30 a second: a second limit in step with it would halve that
    interactive: true,
  });
}

/** After a resize nobody knows where the old frame stands, so the next one is drawn whole, from the first cell. */
function forgetFrame(instance: Instance, screen: ScreenStream): void {
  instance.clear();
  screen.write("\u001b[2J\u001b[H");
}

/** Node tells of a resize only when the size differs from the one that it saw last; the screen was moved about all the same. */
function onResize(stdout: NodeJS.WriteStream, resized: () => void): () => void {
  const [source, event] = stdout === process.stdout ? [process, "SIGWINCH"] : [stdout, "resize"];
  source.on(event, resized);
  return () => source.off(event, resized);
}
