// What real clients need: servers on loopback, the real proxy before them, its socket as a TCP port (as in a bottle), and the
// environment that a bottle gives its agent.

import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

import type { RouteTable } from "#domain/egress/route.ts";
import { connectUnix } from "#lib/unix-socket.ts";

import { type EgressProcess, startEgress } from "./proxy.ts";
import { startUpstream, type TestUpstream } from "./upstream.ts";

export interface ClientWorld {
  readonly upstream: TestUpstream;
  readonly egress: EgressProcess;
  /** A folder of the test's own, the home of its clients. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a program as an agent would; never throws for its exit code. */
  run(program: string, args: readonly string[], options?: { cwd?: string; env?: Record<string, string> }): Promise<Ran>;
  close(): Promise<void>;
}

export interface Ran {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ClientWorldSetup {
  /** Names of the server's certificate; each is pinned to it. */
  readonly names: readonly string[];
  readonly table: Partial<RouteTable>;
  readonly tokens?: Readonly<Record<string, string>>;
}

export async function openClientWorld({ names, table, tokens }: ClientWorldSetup): Promise<ClientWorld> {
  const home = await mkdtemp(join(tmpdir(), "egress-clients-"));
  const upstream = await startUpstream(...names);
  const egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: { ...table, hosts: { ...Object.fromEntries(names.map((name) => [name, upstream.pin])), ...table.hosts } },
    ...(tokens === undefined ? {} : { tokens }),
  });
  const forwarder = await forwardPort(egress.paths.egress.socket);
  const env = clientEnvironment(home, forwarder.port, egress);
  await writeFile(join(home, ".gitconfig"), "[user]\n\tname = Client\n\temail = client@example.com\n");
  return {
    upstream,
    egress,
    home,
    env,
    async run(program, args, options = {}) {
      const { exitCode, stdout, stderr } = await execa(program, args, {
        cwd: options.cwd ?? home,
        env: { ...env, ...options.env },
        extendEnv: false,
        reject: false,
        stdin: "ignore",
        timeout: 60_000,
      });
      return { code: exitCode, stdout, stderr };
    },
    async close() {
      await forwarder.close();
      await egress.remove();
      await upstream.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function clientEnvironment(home: string, port: number, { paths }: EgressProcess): Record<string, string> {
  const proxy = `http://127.0.0.1:${port}`;
  const { bundle, cert } = paths.tls;
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    NO_PROXY: "",
    NODE_USE_ENV_PROXY: "1",
    NODE_EXTRA_CA_CERTS: cert,
    SSL_CERT_FILE: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    CURL_CA_BUNDLE: bundle,
    GIT_SSL_CAINFO: bundle,
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
  };
}

/** A TCP port whose connections go to the unix socket, as the forwarder in a bottle has it. */
async function forwardPort(socket: string): Promise<{ port: number; close: () => Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    open.add(client);
    client.on("error", () => {}).once("close", () => open.delete(client));
    void connectUnix(socket).then(
      (proxy) => {
        proxy.on("error", () => client.destroy()).once("close", () => client.destroy());
        client.once("close", () => proxy.destroy());
        client.pipe(proxy).pipe(client);
      },
      () => client.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const client of open) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
