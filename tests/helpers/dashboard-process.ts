// Starts the dashboard over a scripted console in a pseudo-terminal, and steers what happens to it.

import { createInterface, type Interface } from "node:readline";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "esbuild";

import { patches } from "../../.config/patches/all.ts";

import type { ProposalDraft } from "./scripted-console.ts";
import { openPtyScreen, type PtyScreen } from "./pty-screen.ts";

const root = join(import.meta.dirname, "..", "..");

/** Bundles once for a test file; returns the file and what removes it. */
export async function bundleDashboard(): Promise<{ file: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "dashboard-bundle-"));
  const file = join(folder, "dashboard.mjs");
  await build({
    entryPoints: [join(root, "tests/helpers/dashboard-program.ts")],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    logLevel: "silent",
    external: ["@lydell/node-pty"],
    plugins: patches,
    define: { "process.env.NODE_ENV": '"production"' },
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface DashboardProcess extends PtyScreen {
  readonly root: string;
  call(name: string, ...args: readonly unknown[]): Promise<unknown>;
  proposal(draft: ProposalDraft): Promise<{ id: string; digest: string }>;
  calls(name: string): Promise<readonly (readonly unknown[])[]>;
}

export interface DashboardOptions {
  readonly bundle: string;
  readonly cols?: number;
  readonly rows?: number;
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startDashboard({
  bundle,
  cols,
  rows,
  config = {},
  env = {},
}: DashboardOptions): Promise<DashboardProcess> {
  const folder = mkdtempSync(join(tmpdir(), "dashboard-"));
  const control = join(folder, "control.sock");
  const screen = openPtyScreen({
    file: process.execPath,
    args: [bundle],
    ...(cols === undefined ? {} : { cols }),
    ...(rows === undefined ? {} : { rows }),
    env: {
      CI: undefined,
      NO_COLOR: undefined,
      FORCE_COLOR: undefined,
      DASHBOARD_CONTROL: control,
      DASHBOARD_CONFIG: JSON.stringify(config),
      DASHBOARD_ROOT: folder,
      ...env,
    },
  });
  try {
    await Promise.race([screen.waitFor(/bottle-dash/), screen.exited]);
    await screen.waitFor(/bottle-dash/, 1);
  } catch (error) {
    await screen.close();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const { socket, lines } = await openControl(control);
  const answers: ((answer: unknown) => void)[] = [];
  lines.on("line", (line) => answers.shift()?.(JSON.parse(line)));

  const call = (name: string, ...args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve) => {
      answers.push(resolve);
      socket.write(`${JSON.stringify({ call: name, args })}\n`);
    });
  return Object.assign(screen, {
    root: folder,
    call,
    proposal: async (draft: ProposalDraft) => (await call("proposal", draft)) as { id: string; digest: string },
    calls: async (name: string) => {
      const all = (await call("calls")) as { name: string; args: readonly unknown[] }[];
      return all.filter((entry) => entry.name === name).map(({ args }) => args);
    },
    close: closer(screen, socket, folder),
  });
}

function closer(screen: PtyScreen, socket: Socket, folder: string): () => Promise<void> {
  const close = screen.close.bind(screen);
  return async () => {
    socket.destroy();
    await close();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function openControl(path: string): Promise<{ socket: Socket; lines: Interface }> {
  const socket = connect(path);
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => {});
  return { socket, lines: createInterface({ input: socket }) };
}
