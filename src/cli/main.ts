// The one place where everything is put together: the process, the core, the backends and the faces.

import { BottleError } from "#domain/bottle-error.ts";

import { runCommandLine, type World } from "./run.ts";

/** How long a launch has to take down what it made, in milliseconds. */
const TEARDOWN_MS = 15_000;

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(130); // asked twice: now
    interruption.abort();
    setTimeout(() => process.exit(130), TEARDOWN_MS).unref();
  });
}
// A reader that went away (`| head`) ends the program quietly.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : 1);
  });
}

const openConsole = once(async () => {
  const [{ createConsole }, { createBackends }, { rootFolder }] = await Promise.all([
    import("#core/console.ts"),
    import("#backends/registry.ts"),
    import("#lib/paths.ts"),
  ]);
  const root = rootFolder(process.env);
  return createConsole({ root, cwd: cwd(), env: process.env, backends: createBackends({ root, env: process.env }) });
});

const world: World = {
  console: openConsole.get,
  async openDashboard(options) {
    const [console, { openDashboard }, { loadConfig }, { keepHeapSmall }] = await Promise.all([
      openConsole.get(),
      import("#modes/tui/open-dashboard.ts"),
      import("#core/definitions/load-config.ts"),
      import("#lib/small-heap.ts"),
    ]);
    keepHeapSmall();
    const { config } = await loadConfig(console.root); // what is wrong with it, the console tells
    await openDashboard({
      console,
      async startDemo(progress, signal) {
        const { startDemo } = await import("#core/demo/start-demo.ts");
        return startDemo(console, { hold: false }, progress, signal);
      },
      config,
      env: process.env,
      ...options,
    });
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
await openConsole.made()?.then((console) => console.close()).catch(() => {}); // its failure was the command's, and was told
process.stdout.write("", () => process.exit(code));

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
