// Starts a real supervise daemon in a root folder of its own, and connects official MCP clients to its unix socket.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

import { renderRouteTable } from "#domain/egress/table.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import { READY_LINE } from "#domain/sidecars/bundle.ts";
import { bottlePaths } from "#lib/paths.ts";

const main = join(import.meta.dirname, "..", "..", "sidecars/supervise/main.ts");

export interface SuperviseProcess {
  readonly process: ChildProcess;
  readonly of: { readonly root: string; readonly slug: string };
  readonly paths: ReturnType<typeof bottlePaths>;
  /** Everything that it printed. */
  output(): string;
  client(): Promise<AgentClient>;
  /** A plain HTTP request to the socket. */
  http(
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<{ status: number; body: string }>;
  exit(): Promise<number | null>;
}

export interface AgentClient {
  call(tool: string, args: Record<string, unknown>): Promise<{ text: string; isError: boolean }>;
  tools(): Promise<string[]>;
  readonly client: Client;
}

const TABLE: RouteTable = {
  version: 1,
  on_unknown_host: "block",
  hold_seconds: 120,
  hosts: { "pinned.example.com": "127.0.0.1:4443" },
  routes: [{ host: "api.example.com", methods: ["GET"], auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } }],
};

const started: SuperviseProcess[] = [];
const clients: Client[] = [];

/** Resolves when it says ready. */
export async function startSupervise(
  env: Record<string, string> = {},
  { args = [], root = newSuperviseRoot() }: { args?: readonly string[]; root?: string } = {},
): Promise<SuperviseProcess> {
  const of = { root, slug: "demo-abcde" };
  const paths = bottlePaths(of.root, of.slug);
  mkdirSync(paths.egress.dir, { recursive: true });
  writeFileSync(paths.egress.routes, renderRouteTable(TABLE));
  const supervise = spawnSupervise(of, env, args);
  await new Promise<void>((resolve, reject) => {
    supervise.process.stdout?.on("data", () => (supervise.output().includes(READY_LINE) ? resolve() : undefined));
    supervise.process.once("exit", (code) => reject(new Error(`supervise exited with ${code}: ${supervise.output()}`)));
  });
  return supervise;
}

/** For what must be there before it starts. */
export function newSuperviseRoot(): string {
  return mkdtempSync(join(tmpdir(), "supervise-test-"));
}

/** Without waiting, for one that is expected to refuse. */
export function spawnSupervise(
  of: { root: string; slug: string },
  env: Record<string, string> = {},
  args: readonly string[] = [],
): SuperviseProcess {
  const paths = bottlePaths(of.root, "demo-abcde");
  const child = spawn(process.execPath, [main, "--root", of.root, "--slug", of.slug, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += String(chunk)));
  const supervise: SuperviseProcess = {
    process: child,
    of,
    paths,
    output: () => printed,
    client: () => connectClient(paths.supervise.socket),
    http: async (path, options) => {
      const response = await httpOver(paths.supervise.socket, new URL(path, "http://127.0.0.1:9100"), options);
      return { status: response.status, body: await response.text() };
    },
    async exit() {
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      return child.exitCode;
    },
  };
  started.push(supervise);
  return supervise;
}

/** For afterEach. */
export async function removeSupervises(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const supervise of started.splice(0)) {
    supervise.process.kill("SIGKILL");
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await supervise.exit();
    rmSync(supervise.of.root, { recursive: true, force: true });
  }
}

async function connectClient(socket: string): Promise<AgentClient> {
  const client = new Client({ name: "test", version: "1.0.0" });
  clients.push(client);
  const fetch = (url: string | URL, init?: RequestInit): Promise<Response> =>
    httpOver(socket, new URL(url), {
      method: init?.method ?? "GET",
      headers: Object.fromEntries(new Headers(init?.headers)),
      ...(typeof init?.body === "string" ? { body: init.body } : {}),
      ...(init?.signal ? { signal: init.signal } : {}),
    });
  await client.connect(new StreamableHTTPClientTransport(new URL("http://127.0.0.1:9100/mcp"), { fetch }));
  return {
    client,
    async call(name, args) {
      const result = await client.callTool({ name, arguments: args });
      const text = result.content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
      return { text, isError: result.isError === true };
    },
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
  };
}

interface HttpOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

function httpOver(
  socketPath: string,
  url: URL,
  { method = "GET", headers = {}, body, signal }: HttpOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const call = request({
      socketPath,
      method,
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, ...headers },
      agent: false,
      ...(signal ? { signal } : {}),
    });
    call.once("response", (response) => {
      const empty = response.statusCode === 204 || response.statusCode === 202;
      if (empty) response.resume();
      const stream = empty ? null : (Readable.toWeb(response) as ReadableStream);
      const named = Object.entries(response.headers).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value] as [string, string]] : [],
      );
      resolve(new Response(stream, { status: response.statusCode ?? 0, headers: named }));
    });
    call.once("error", reject);
    call.end(body);
  });
}
