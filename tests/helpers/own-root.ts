// A root folder for one test, with the built command on it; at the end every bottle in it is stopped and all is removed.

import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { execa } from "execa";

export const COMMAND = [
  process.execPath,
  fileURLToPath(new URL("../../dist/bottle-dash.js", import.meta.url)),
] as const;

export interface OwnRoot {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs the command; rejects unless it exits 0. */
  run(...args: string[]): Promise<string>;
  /** The same with --json, parsed. */
  json<T>(...args: string[]): Promise<T>;
  /** Runs it without judging its exit. */
  attempt(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** Writes an agent and its bottle that run `argv`. */
  define(name: string, argv: readonly string[], bottle?: string): Promise<void>;
  close(): Promise<void>;
}

export async function openRoot(more: Readonly<Record<string, string>> = {}): Promise<OwnRoot> {
  const root = await mkdtemp(join(tmpdir(), "bottle-e2e-"));
  const env = { BOT_BOTTLE_ROOT: root, EDITOR: "false", VISUAL: "", NO_COLOR: "", ...more };
  const attempt = async (...args: string[]) => {
    const {
      exitCode = -1,
      stdout,
      stderr,
    } = await execa(COMMAND[0], [COMMAND[1], ...args], { env, cwd: root, reject: false, stdin: "ignore" });
    return { exitCode, stdout, stderr };
  };
  const run = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await attempt(...args);
    if (exitCode !== 0) throw new Error(`bottle-dash ${args.join(" ")} exited ${exitCode}: ${stderr}`);
    return stdout;
  };
  return {
    root,
    env,
    attempt,
    run,
    json: async <T>(...args: string[]) => JSON.parse(await run(...args, "--json")) as T,
    async define(name, argv, bottle = "") {
      await mkdir(join(root, "bottles"), { recursive: true });
      await mkdir(join(root, "agents"), { recursive: true });
      const provider = `agent_provider:\n  template: command\n  command: ${JSON.stringify(argv)}\n`;
      await writeFile(join(root, "bottles", `${name}.md`), `---\n${provider}${bottle}---\n`);
      await writeFile(join(root, "agents", `${name}.md`), `---\nbottle: ${name}\n---\n`);
    },
    async close() {
      const slugs = await readdir(join(root, "state")).catch(() => []);
      for (const slug of slugs) await attempt("stop", slug, "--yes");
      // Containers and volumes are not in the root.
      if (slugs.length > 0) await attempt("cleanup", "--yes", "--force");
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
