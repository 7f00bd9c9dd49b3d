// The one place where everything is put together: the process, the core, the backends and the faces.

import { BottleError } from "#domain/bottle-error.ts";

import type { ExitCode } from "./command.ts";
import { runCommandLine, type World } from "./run.ts";

/** How long a launch has to take down what it made, in milliseconds. */
const TEARDOWN_MS = 15_000;

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const interruption = new AbortController();
let interruptedWith: ExitCode = 130;
for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(interruptedWith); // asked twice: now
    interruptedWith = SIGNALS[signal];
    interruption.abort();
    setTimeout(() => process.exit(interruptedWith), TEARDOWN_MS).unref();
  });
}
for (const stream of [process.stdout, process.stderr]) stream.on("error", leaveUnheard);

const openConsole = once(async () => {
  const [{ createConsole }, { createBackends }, { rootFolder }] = await Promise.all([
    import("#core/console.ts"),
    import("#backends/registry.ts"),
    import("#lib/paths.ts"),
  ]);
  const root = rootFolder(process.env);
  return createConsole({
    root,
    cwd: cwd(),
    env: process.env,
    backends: await createBackends({ root, env: process.env }),
  });
});

const world: World = {
  console: openConsole.get,
  async openDashboard(options) {
    const console = await openConsole.get();
    console.start().catch(() => {}); // reads the disk while the dashboard loads; waited for, and its failure told, there
    const [{ openDashboard }, { loadConfig }, { keepHeapSmall }] = await Promise.all([
      import("#modes/tui/open-dashboard.ts"),
      import("#core/definitions/load-config.ts"),
      import("#lib/small-heap.ts"),
    ]);
    keepHeapSmall();
    const { config } = await loadConfig(console.root); // what is wrong with it, the console tells
    const code = await openDashboard({
      console,
      async startDemo(progress, signal) {
        const { startDemo } = await import("#core/demo/start-demo.ts");
        return startDemo(console, { hold: false }, progress, signal);
      },
      config,
      env: process.env,
      ...options,
    });
    return code as ExitCode;
  },
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd,
  signal: interruption.signal,
  now: () => new Date(),
};

const code = await runCommandLine(process.argv.slice(2), world);
await openConsole
  .made()
  ?.then((console) => console.close())
  .catch(() => {}); // its failure was the command's, and was told
// When all of it is out; a full disk is told here first, before the stream's own event.
process.stdout.write("", (error) =>
  error ? leaveUnheard(error) : process.exit(code === 130 ? interruptedWith : code),
);

/** A reader that went away (`| head`) ends the program quietly; output that cannot be written is a failure. */
function leaveUnheard(error: NodeJS.ErrnoException): never {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`bottle-dash: standard output: ${error.message}\n`);
  process.exit(1);
}

function cwd(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new BottleError("failed", "the working directory is gone", { hint: "cd to one that exists", cause });
  }
}

function once<T>(make: () => Promise<T>): { get(): Promise<T>; made(): Promise<T> | undefined } {
  let made: Promise<T> | undefined;
  return { get: () => (made ??= make()), made: () => made };
}
