// Builds dist/: `node .config/build.ts [--dev]`. A bundle that fails is removed, so that nothing stale is run or tested.

import { chmod, mkdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";

import { build as esbuild, type BuildOptions, type Plugin } from "esbuild";

import { bundles, copies, type Bundle } from "./bundles.ts";
import { root, stamp } from "./freshness.ts";
import { patches } from "./patches/all.ts";

/** Names of the bundles that failed, with why. */
export async function buildAll(options: { dev: boolean }): Promise<string[]> {
  const began = new Date();
  const all = bundles(root);
  const results = await Promise.allSettled(all.map((bundle) => buildOne(bundle, all, options.dev)));
  const failures: string[] = [];
  for (const [index, result] of results.entries()) {
    if (result.status === "rejected") failures.push(`${all[index]!.out}: ${reason(result.reason)}`);
  }
  for (const { from, to } of copies(root)) {
    await mkdir(dirname(join(root, to)), { recursive: true });
    await replaceFile(join(root, to), await readFile(join(root, from)), false);
  }
  if (failures.length === 0) await leaveStamp(began);
  return failures;
}

async function buildOne(bundle: Bundle, all: readonly Bundle[], dev: boolean): Promise<void> {
  const out = join(root, bundle.out);
  try {
    const { outputFiles } = await esbuild({ ...options(bundle, all, dev), write: false });
    await mkdir(dirname(out), { recursive: true });
    for (const file of outputFiles) await replaceFile(file.path, file.contents, bundle.executable);
  } catch (cause) {
    await rm(out, { force: true });
    throw cause;
  }
}

function options(bundle: Bundle, all: readonly Bundle[], dev: boolean): BuildOptions & { write?: false } {
  return {
    absWorkingDir: root,
    entryPoints: [bundle.entry],
    outfile: bundle.out,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    minify: !dev,
    keepNames: dev,
    sourcemap: dev ? "inline" : false,
    legalComments: "none",
    logLevel: "silent",
    external: ["@lydell/node-pty"],
    define: { "process.env.NODE_ENV": '"production"', BOTTLE_DIST_IS_HERE: "true" },
    banner: { js: banner(bundle) },
    plugins: [importsOfBundles(bundle, all), ...patches],
  };
}

/** CommonJS dependencies call require. The launcher has none, and must not use anything that an old Node lacks. */
function banner({ executable }: Bundle): string {
  if (executable) return "#!/usr/bin/env node";
  return 'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);';
}

/** What is a bundle itself is imported from its own file. */
function importsOfBundles(bundle: Bundle, all: readonly Bundle[]): Plugin {
  return {
    name: "imports-of-bundles",
    setup(build) {
      build.onResolve({ filter: /^\.\.?\// }, ({ kind, resolveDir, path }) => {
        if (kind !== "dynamic-import") return undefined;
        const other = all.find(({ entry }) => join(root, entry) === join(resolveDir, path));
        if (other === undefined) return undefined;
        return { path: `./${relative(dirname(bundle.out), other.out)}`, external: true };
      });
    },
  };
}

/** Readers never see half a file, and a program that runs keeps the one it started from. */
async function replaceFile(path: string, contents: Uint8Array, executable: boolean): Promise<void> {
  const old = await readFile(path).catch(() => undefined);
  if (old?.equals(contents)) return;
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, contents);
  if (executable) await chmod(temporary, 0o755);
  await rename(temporary, path);
}

async function leaveStamp(began: Date): Promise<void> {
  await mkdir(dirname(stamp), { recursive: true });
  await writeFile(stamp, "");
  await utimes(stamp, began, began);
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { dev: { type: "boolean", default: false } } });
  const failures = await buildAll(values);
  for (const failure of failures) console.error(`build: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}
