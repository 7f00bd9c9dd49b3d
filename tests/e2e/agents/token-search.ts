// Looks for a text in everything that an agent can see of its own: environments, arguments, and the files of its home.

import { readdirSync, readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

import { bottlePaths } from "#lib/paths.ts";
import { readPidFile } from "#lib/process-identity.ts";
import { treeOf } from "#lib/process-tree.ts";
import { COMMAND, type OwnRoot } from "#tests/helpers/own-root.ts";

export interface Found {
  /** Files and processes that hold it. */
  readonly places: readonly string[];
  readonly files: number;
  readonly processes: number;
}

/** On a backend with `exec` from inside; on the others from this machine, which sees the same processes and the home. */
export async function searchBottle(own: OwnRoot, slug: string, backend: string, wanted: string): Promise<Found> {
  if (backend !== "local") return await searchInside(own, slug, wanted);
  const { agent } = bottlePaths(own.root, slug);
  const holder = readPidFile(agent.pid);
  if (holder === undefined) throw new Error(`${slug} does not run`);
  return search(wanted, [agent.home], treeOf(holder.pid).map(String), { readdirSync, readFileSync });
}

async function searchInside({ root, env }: OwnRoot, slug: string, wanted: string): Promise<Found> {
  // What is looked for comes on standard input: it must stand in no argument list, this one's among them.
  const program = `${search.toString()}
    const fs = require("node:fs");
    const processes = fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid);
    console.log(JSON.stringify(search(fs.readFileSync(0, "utf8"), ["/home/node", "/tmp"], processes, fs)));`;
  const args = [COMMAND[1], "exec", slug, "--interactive", "--", "node", "-e", program];
  const child = spawn(COMMAND[0], args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(wanted);
  return JSON.parse(await text(child.stdout)) as Found;
}

/** Stands by itself: its text also runs inside a bottle. Also finds it as base64. */
function search(
  wanted: string,
  folders: readonly string[],
  processes: readonly string[],
  { readdirSync: list, readFileSync: read }: Pick<typeof import("node:fs"), "readdirSync" | "readFileSync">,
): Found {
  const places: string[] = [];
  const counts = { files: 0, processes: 0 };
  const forms = [Buffer.from(wanted), Buffer.from(Buffer.from(wanted).toString("base64").replace(/=+$/, ""))];
  const look = (path: string): boolean => {
    try {
      const content = read(path);
      if (forms.some((form) => content.includes(form))) places.push(path);
      return true;
    } catch {
      return false; // it has ended, or is a socket
    }
  };
  const entries = (folder: string) => {
    try {
      return list(folder, { withFileTypes: true });
    } catch {
      return []; // the agent has removed it
    }
  };
  const walk = (folder: string): void => {
    for (const entry of entries(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && look(path)) counts.files += 1;
    }
  };
  for (const folder of folders) walk(folder);
  for (const pid of processes) {
    const seen = [`/proc/${pid}/environ`, `/proc/${pid}/cmdline`].filter(look);
    if (seen.length > 0) counts.processes += 1;
  }
  return { places, ...counts };
}
