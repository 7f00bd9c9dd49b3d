// The real egress process over a root folder of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { EgressSeen, EgressStatus, EgressVerdict } from "#domain/egress/control.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { renderRouteTable } from "#domain/egress/table.ts";
import { READY_LINE } from "#domain/sidecars/bundle.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { sha256 } from "#lib/hash.ts";
import { bodyText, requestUnix } from "#lib/http-unix.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";

/** Where the built proxy is. */
export const PROGRAMS: string = join(import.meta.dirname, "..", "..", "..", "dist", "sidecars");

export interface EgressProcess {
  readonly of: QueueOf;
  readonly paths: BottlePaths;
  readonly pid: number;
  /** The bottle's authority, PEM: what clients inside trust. */
  ca(): Promise<string>;
  output(): string;
  status(): Promise<EgressStatus>;
  test(url: string, method?: string, headers?: Readonly<Record<string, string>>): Promise<EgressVerdict>;
  seen(): Promise<EgressSeen>;
  /** Writes the table and waits until it is in force. */
  setTable(table: Partial<RouteTable>): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Starts it again after it has ended, over the same folder. */
  restart(): Promise<void>;
  exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Closes its standard input, as a parent that dies does. */
  closeLifeline(): void;
  remove(): Promise<void>;
}

export interface EgressSetup {
  readonly table?: Partial<RouteTable>;
  /** Written as it is, in place of a table. */
  readonly tableText?: string;
  readonly upstreamCa?: string;
  /** An address to listen on as well. */
  readonly listen?: string;
  readonly tokens?: Readonly<Record<string, string>>;
  /** The folder with egress.js; PROGRAMS when missing. */
  readonly programs?: string;
  /** What comes before the program, such as `nsenter` and its options. */
  readonly through?: readonly string[];
  /** The root folder; made under the system's temporary folder when missing. */
  readonly root?: string;
}

export function tableOf(table: Partial<RouteTable>): RouteTable {
  return { version: 1, on_unknown_host: "block", hold_seconds: 20, hosts: {}, routes: [], ...table };
}

export function routeTo(host: string, more: Partial<TableRoute> = {}): TableRoute {
  return { host, ...more };
}

export async function startEgress(setup: EgressSetup = {}): Promise<EgressProcess> {
  const root = setup.root ?? (await mkdtemp(join(tmpdir(), "egress-test-")));
  const slug = "demo-abcde";
  const paths = bottlePaths(root, slug);
  await mkdir(paths.egress.dir, { recursive: true, mode: 0o700 });
  await writeFile(paths.egress.routes, setup.tableText ?? renderRouteTable(tableOf(setup.table ?? {})));
  const roots = join(root, "upstream.pem");
  if (setup.upstreamCa !== undefined) await writeFile(roots, setup.upstreamCa);

  let child: ChildProcess;
  let output = "";
  const start = async (): Promise<void> => {
    const more = [
      ...(setup.upstreamCa === undefined ? [] : ["--upstream-ca", roots]),
      ...(setup.listen === undefined ? [] : ["--listen", setup.listen]),
    ];
    const [first, ...before] = [...(setup.through ?? []), process.execPath];
    const started = spawn(
      first,
      [
        ...before,
        "--max-semi-space-size=2",
        join(setup.programs ?? PROGRAMS, "egress.js"),
        "--root",
        root,
        "--slug",
        slug,
        ...more,
      ],
      {
        env: { PATH: process.env["PATH"] ?? "", ...setup.tokens },
        stdio: ["pipe", "pipe", "pipe"],
      },
    );
    child = started;
    await new Promise<void>((resolve, reject) => {
      const print = (chunk: Buffer): void => {
        output += String(chunk);
        if (output.includes(READY_LINE)) resolve();
      };
      started.stdout.on("data", print);
      started.stderr.on("data", print);
      started.once("exit", (code, signal) => reject(new Error(`egress ended with ${code ?? signal}: ${output}`)));
    });
  };
  const control = async (method: "GET" | "POST", path: string, body?: unknown): Promise<string> => {
    const response = await requestUnix({
      socket: paths.egress.control,
      method,
      path,
      ...(body === undefined ? {} : { body }),
    });
    const text = await bodyText(response);
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${text}`);
    return text;
  };
  const status = async (): Promise<EgressStatus> => EgressStatus.parse(JSON.parse(await control("GET", "/status")));
  const exited = async (): Promise<{ code: number | null; signal: NodeJS.Signals | null }> => {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return { code: child.exitCode, signal: child.signalCode };
  };

  await start().catch(async (error: unknown) => {
    if (setup.root === undefined) await rm(root, { recursive: true, force: true });
    throw error;
  });
  return {
    of: { root, slug },
    paths,
    get pid() {
      return child.pid ?? 0;
    },
    ca: () => readFile(paths.tls.cert, "utf8"),
    output: () => output,
    status,
    test: async (url, method = "GET", headers = {}) =>
      EgressVerdict.parse(JSON.parse(await control("POST", "/test", { url, method, headers }))),
    seen: async () => EgressSeen.parse(JSON.parse(await control("GET", "/seen"))),
    async setTable(table) {
      const text = renderRouteTable(tableOf(table));
      await writeAtomic(paths.egress.routes, text);
      for (const end = Date.now() + 5000; (await status()).table_digest !== sha256(text);) {
        if (Date.now() > end) throw new Error("the table did not come into force");
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    signal: (signal) => void child.kill(signal),
    async restart() {
      await exited();
      output = "";
      await start();
    },
    exited,
    closeLifeline: () => void child.stdin?.end(),
    async remove() {
      child.kill("SIGKILL");
      await exited();
      await rm(root, { recursive: true, force: true });
    },
  };
}
