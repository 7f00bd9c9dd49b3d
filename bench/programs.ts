// The built programs that are measured, and how long the bare runtime takes beside them.

import { spawn } from "node:child_process";
import { join } from "node:path";

const dist = join(import.meta.dirname, "..", "dist");

export const bottleDash = join(dist, "bottle-dash.js");
export const dockerBackend = join(dist, "docker-backend.js");
export const sidecar = (name: string): string => join(dist, "sidecars", `${name}.js`);

/** The whole environment of a measured program: nothing of the caller's shell that could make it slower or quieter. */
export function plainEnvironment(root: string): Record<string, string> {
  const { PATH = "", HOME = root, LANG = "C.UTF-8" } = process.env;
  return { PATH, HOME, LANG, BOT_BOTTLE_ROOT: root };
}

/** Milliseconds from start to exit. Rejects when it fails. */
export function timeToExit(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, [...args], { env, stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      const took = performance.now() - began;
      if (code === 0) resolve(took);
      else reject(new Error(`${args.join(" ")} exited ${code}: ${complaint.trim()}`));
    });
  });
}
