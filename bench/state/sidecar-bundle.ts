// The sidecars of a running bench bottle, and its agent's side of them: one MCP call at a time over the supervise socket.

import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { dirname } from "node:path";

import { renderRouteTable } from "#domain/egress/table.ts";
import type { BundleConfig } from "#domain/sidecars/bundle.ts";
import { bottlePaths } from "#lib/paths.ts";
import { connectUnix } from "#lib/unix-socket.ts";

import { sidecar } from "../programs.ts";

export interface SidecarBundle {
  /** Of init. */
  readonly pid: number;
  /** Calls a tool; resolves with the answer's text and when it was there. */
  call(tool: string, args: Record<string, unknown>): Promise<{ text: string; at: number }>;
  stop(): Promise<void>;
}

export interface BundleOptions {
  /** Beside egress and supervise; the gate needs `git_gate`. */
  readonly more?: Partial<BundleConfig>;
  /** The runtime that init and its daemons are started with. */
  readonly node?: string;
}

/** Resolves once all sidecars are ready. */
export async function startBundle(
  root: string,
  slug: string,
  { more = {}, node = process.execPath }: BundleOptions = {},
): Promise<SidecarBundle> {
  const paths = bottlePaths(root, slug);
  await mkdir(paths.egress.dir, { recursive: true });
  await mkdir(paths.init.dir, { recursive: true });
  await writeFile(
    paths.egress.routes,
    renderRouteTable({ version: 1, on_unknown_host: "block", hold_seconds: 60, hosts: {}, routes: [] }),
  );
  const config: BundleConfig = {
    slug,
    root,
    programs: dirname(sidecar("init")),
    daemons: ["egress", "supervise"],
    rebuild: false,
    environment: {},
    ...more,
  };
  const init = spawn(node, [sidecar("init"), slug], {
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["pipe", "ignore", "inherit"],
  });
  init.stdin.end(JSON.stringify(config));
  const ended = new Promise<void>((resolve) => init.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    init.kill("SIGTERM");
    await ended;
  };
  try {
    await allReady(paths.init.socket, config.daemons.length);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: init.pid!, call: (tool, args) => callTool(paths.supervise.socket, tool, args), stop };
}

/** init tells the health of its daemons to whoever connects. */
async function allReady(socket: string, daemons: number, tries = 200): Promise<void> {
  const connection = await connectUnix(socket).catch(() => undefined);
  if (connection === undefined) {
    if (tries === 0) throw new Error("init never listened");
    await new Promise((resolve) => setTimeout(resolve, 50));
    return allReady(socket, daemons, tries - 1);
  }
  await new Promise<void>((resolve, reject) => {
    let told = "";
    connection.on("data", (chunk: Buffer) => {
      told += chunk.toString();
      const last = told.split("\n").at(-2) ?? "";
      if ((last.match(/"state":"ready"/g) ?? []).length === daemons) resolve();
    });
    connection.once("close", () => reject(new Error("init ended")));
  });
  connection.destroy();
}

function callTool(
  socketPath: string,
  name: string,
  args: Record<string, unknown>,
): Promise<{ text: string; at: number }> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } });
  const headers = {
    host: "127.0.0.1:9100",
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: "/mcp", method: "POST", headers, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ text, at: performance.now() }));
    });
    call.once("error", reject);
    call.end(body);
  });
}
