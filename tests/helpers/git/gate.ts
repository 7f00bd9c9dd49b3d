// The built git gate as a process, in a root of its own, with a loopback port for a real git client to reach it at.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { MAX_PACK_BYTES, type GateRepo } from "#domain/git-gate/gate.ts";
import { READY_LINE } from "#domain/sidecars/ready-line.ts";
import { bottlePaths } from "#lib/paths.ts";
import { distFolder } from "#lib/programs.ts";
import { connectUnix } from "#lib/unix-socket.ts";

export interface GateOptions {
  readonly repos: readonly GateRepo[];
  readonly maxPackBytes?: number;
  /** EGRESS_SECRET_*, for one. */
  readonly env?: Readonly<Record<string, string>>;
  /** A root that an earlier gate left. */
  readonly root?: string;
}

export interface RunningGate {
  readonly process: ChildProcess;
  readonly root: string;
  readonly paths: ReturnType<typeof bottlePaths>;
  /** Everything that it printed. */
  output(): string;
  /** `http://127.0.0.1:<port>/<name>.git`, and the same of git's own protocol. */
  http(name: string): string;
  daemon(name: string): string;
  readonly httpPort: number;
  readonly daemonPort: number;
  /** Asks it to end; resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Kills what still runs; removes the root unless `keep`. */
  close(keep?: boolean): Promise<void>;
}

const SLUG = "demo-abcde";

/** Resolves once it is ready; rejects with what it said when it ends before. */
export async function startGate({ repos, maxPackBytes, env = {}, root: given }: GateOptions): Promise<RunningGate> {
  const root = given ?? mkdtempSync(join(tmpdir(), "git-gate-test-"));
  const config = JSON.stringify({ repos, max_pack_bytes: maxPackBytes ?? MAX_PACK_BYTES });
  const child = spawn(process.execPath, [join(distFolder(), "sidecars/git-gate.js"), "--root", root, "--slug", SLUG], {
    env: { PATH: process.env["PATH"] ?? "", GIT_GATE_CONFIG: config, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let printed = "";
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed += chunk.toString();
      if (printed.includes(READY_LINE)) resolve();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`the gate exited with ${code}: ${printed}`)));
  });
  const paths = bottlePaths(root, SLUG);
  const [http, daemon] = await Promise.all([forward(paths.gitGate.http), forward(paths.gitGate.daemon)]);
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, "exit");
    }
    return child.exitCode;
  };
  return {
    process: child,
    root,
    paths,
    output: () => printed,
    http: (name) => `http://127.0.0.1:${http.port}/${name}.git`,
    daemon: (name) => `git://127.0.0.1:${daemon.port}/${name}.git`,
    httpPort: http.port,
    daemonPort: daemon.port,
    stop,
    async close(keep = false) {
      await stop("SIGTERM");
      await Promise.all([http.close(), daemon.close()]);
      if (!keep) rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** As the entrypoint's forwarder in a bottle: a loopback port that leads to a unix socket. */
async function forward(socket: string): Promise<{ port: number; close: () => Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    open.add(client);
    client.on("error", () => client.destroy()).once("close", () => open.delete(client));
    connectUnix(socket, { allowHalfOpen: true }).then(
      (gate) => {
        gate.on("error", () => client.destroy()).once("close", () => client.destroy());
        client.once("close", () => gate.destroy());
        client.pipe(gate).pipe(client);
      },
      () => client.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const client of open) client.destroy();
        server.close(() => resolve());
      }),
  };
}
