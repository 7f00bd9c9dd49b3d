// Server, proxies and clients of the egress comparison: the proxy alone on one processor, everything else on the other, so
// that the proxy is what is measured. mitmproxy 8 (Debian's package) is the one that we compare ourselves with.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type NetConnectOpts } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

import { renderRouteTable } from "#domain/egress/table.ts";
import { READY_LINE } from "#domain/sidecars/bundle.ts";
import { bottlePaths } from "#lib/paths.ts";
import { testAuthority } from "#tests/helpers/egress/authority.ts";

import { plainEnvironment, sidecar } from "../programs.ts";
import { hasMitmproxy } from "../rivals.ts";
import type { Job, JobResult } from "./job.ts";

export interface Contender {
  readonly name: string;
  /** Of the proxy; undefined for none. */
  readonly pid: number | undefined;
  run(job: Pick<Job, "kind" | "connections" | "forMs" | "bytes">): Promise<JobResult>;
}

export interface TrafficWorld {
  readonly direct: Contender;
  readonly ours: Contender;
  /** Undefined where mitmproxy is not installed. */
  readonly mitmproxy: Contender | undefined;
  close(): Promise<void>;
}

const NAME = "bench.example";
const SLUG = "bench-00000";
const TOKEN = "bench-token-0123456789abcdef";

export async function openTrafficWorld(): Promise<TrafficWorld> {
  const root = await mkdtemp(join(tmpdir(), "bottle-bench-"));
  const children: ChildProcess[] = [];
  const authority = await testAuthority();
  const { key, cert } = await authority.issue(NAME, "localhost");
  const files = { key: join(root, "key.pem"), cert: join(root, "cert.pem"), ca: join(root, "ca.pem") };
  await Promise.all([writeFile(files.key, key), writeFile(files.cert, cert), writeFile(files.ca, authority.cert)]);

  const upstream = await ready(
    start("others", process.execPath, [join(import.meta.dirname, "upstream.ts"), files.key, files.cert], children),
    /^(\d+)$/m,
  );
  const port = Number(upstream);
  const egress = await startEgress(root, port, files.ca, children);
  const client = (
    name: string,
    pid: number | undefined,
    fixed: Omit<Job, "kind" | "connections" | "forMs" | "bytes">,
  ) => ({
    name,
    pid,
    run: (job: Pick<Job, "kind" | "connections" | "forMs" | "bytes">) => runClient({ ...fixed, ...job }),
  });
  const there = { host: "localhost", port, hostHeader: `localhost:${port}` };
  const mitm = hasMitmproxy() ? await startMitmproxy(root, files.ca, children) : undefined;
  return {
    direct: client("direct", undefined, { ...there, ca: files.ca, authorized: false }),
    ours: client("bottle-dash", egress.pid, {
      proxy: { path: egress.socket },
      host: NAME,
      port: 443,
      hostHeader: NAME,
      ca: egress.ca,
      authorized: true,
    }),
    mitmproxy: mitm && client("mitmproxy", mitm.pid, { ...there, proxy: mitm.proxy, ca: mitm.ca, authorized: true }),
    async close() {
      const ended = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(ended);
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function startEgress(root: string, upstreamPort: number, upstreamCa: string, children: ChildProcess[]) {
  const paths = bottlePaths(root, SLUG);
  await mkdir(paths.egress.dir, { recursive: true, mode: 0o700 });
  const table = renderRouteTable({
    version: 1,
    on_unknown_host: "block",
    hold_seconds: 20,
    hosts: { [NAME]: `127.0.0.1:${upstreamPort}` },
    routes: [{ host: NAME, auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } }],
  });
  await writeFile(paths.egress.routes, table);
  const args = [
    "--max-semi-space-size=2",
    sidecar("egress"),
    "--root",
    root,
    "--slug",
    SLUG,
    "--upstream-ca",
    upstreamCa,
  ];
  const child = start("proxy", process.execPath, args, children, { ...plainEnvironment(root), EGRESS_TOKEN_0: TOKEN });
  await ready(child, new RegExp(`(${READY_LINE})`));
  return { pid: child.pid!, socket: paths.egress.socket, ca: paths.tls.cert };
}

const INJECT = `def request(flow):\n    flow.request.headers["authorization"] = "Bearer ${TOKEN}"\n`;

async function startMitmproxy(root: string, upstreamCa: string, children: ChildProcess[]) {
  const home = join(root, "mitmproxy");
  const script = join(root, "inject.py");
  await writeFile(script, INJECT);
  const port = await freePort();
  const args = [
    "--quiet",
    "--listen-host=127.0.0.1",
    `--listen-port=${port}`,
    `--scripts=${script}`,
    `--set=confdir=${home}`,
    "--set=stream_large_bodies=64k",
    `--set=ssl_verify_upstream_trusted_ca=${upstreamCa}`,
    "--set=flow_detail=0",
  ];
  const child = start("proxy", "mitmdump", args, children, plainEnvironment(root));
  const proxy: NetConnectOpts = { host: "127.0.0.1", port };
  await listening(port);
  return { pid: child.pid!, proxy, ca: join(home, "mitmproxy-ca-cert.pem") };
}

async function runClient(job: Job): Promise<JobResult> {
  const children: ChildProcess[] = [];
  const child = start(
    "others",
    process.execPath,
    [join(import.meta.dirname, "client.ts"), JSON.stringify(job)],
    children,
  );
  return JSON.parse(await ready(child, /^(\{.*\})$/m)) as JobResult;
}

/** On a processor of its own where there are two; `taskset` becomes the program, so the pid is the program's. */
function start(
  where: "proxy" | "others",
  program: string,
  args: readonly string[],
  children: ChildProcess[],
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  const pinned = availableParallelism() >= 2 ? ["taskset", "-c", where === "proxy" ? "0" : "1"] : [];
  const [first = program, ...rest] = [...pinned, program, ...args];
  const child = spawn(first, rest, { env, stdio: ["pipe", "pipe", "pipe"] });
  children.push(child);
  return child;
}

/** The first group of `pattern` in the child's output. */
function ready(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    let complaint = "";
    child.stderr?.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    child.stdout?.on("data", (chunk: Buffer) => {
      if (said.length > 100_000_000) return;
      said += chunk.toString();
      const found = pattern.exec(said)?.[1];
      if (found === undefined) return;
      said = "";
      resolve(found);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${complaint.slice(0, 500)}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number): Promise<void> {
  const { connect } = await import("node:net");
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const is = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (is) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("mitmproxy does not listen");
}
