// What `bottle-dash` starts: checks the Node that runs it, then loads the program with the code that was compiled last time.
// An old Node must get as far as its message, so nothing here is newer than Node 14.

const OLDEST = [22, 22] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  console.error(
    `bottle-dash: Node ${process.versions.node} is too old: install Node ${OLDEST.join(".")} or newer, ` +
      "or use `npm start` in a checkout, which brings its own",
  );
  process.exit(1);
}
keepCompiledCode();
await import("./main.ts");

/**
 * Compiling takes longer than anything else that a short command does. Compiled code is as good as the program itself to
 * whoever can change it, so it is kept only in a folder that is ours alone, never in Node's default below /tmp.
 */
function keepCompiledCode(): void {
  const { env } = process;
  const caches = env["XDG_CACHE_HOME"] || (env["HOME"] ? `${env["HOME"]}/.cache` : "");
  if (!caches.startsWith("/")) return;
  const folder = `${caches}/bottle-dash/code`;
  try {
    makeFolders([caches, `${caches}/bottle-dash`, folder]);
    const { lstatSync } = process.getBuiltinModule("node:fs");
    const found = lstatSync(folder);
    const ours = found.isDirectory() && (found.mode & 0o022) === 0 && found.uid === process.getuid?.();
    if (ours) process.getBuiltinModule("node:module").enableCompileCache(folder);
  } catch {
    // a home that cannot be written: only slower
  }
}

/** One by one: Node's `recursive` never ends below /proc. */
function makeFolders(paths: readonly string[]): void {
  const { existsSync, mkdirSync } = process.getBuiltinModule("node:fs");
  for (const path of paths) if (!existsSync(path)) mkdirSync(path, 0o700);
}
