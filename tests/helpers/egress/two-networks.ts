// Two network namespaces with a wire between them: one for the proxy, with its own resolver, one for a server at an address
// that is public. Nothing of it can reach the machine's network.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { testAuthority } from "./authority.ts";

/** In a range that is public; here it is at the other end of the wire. */
export const PUBLIC_ADDRESS = "11.22.33.2";
const PROXY_ADDRESS = "11.22.33.1";

export interface TwoNetworks {
  /** What comes before a program to run it where the proxy is. */
  readonly through: readonly string[];
  /** The authority of both servers, PEM. */
  readonly ca: string;
  /** Names asked of the resolver, in order. */
  readonly asked: string[];
  /** `public` or `inside` for each request that reached a server, in order. */
  readonly reached: string[];
  close(): Promise<void>;
}

/** Each name with the answers that it gives in turn; the last one stays. */
export type Zone = Readonly<Record<string, readonly (readonly string[])[]>>;

/** Why it cannot be made here. */
export function networksMissing(): string | undefined {
  if (process.getuid?.() !== 0) return "network namespaces need root: run the tests as root";
  const works = spawnSync("unshare", ["-n", "-m", "ip", "link"], { stdio: "ignore" }).status === 0;
  return works ? undefined : "`unshare -n -m ip link` does not work: install util-linux and iproute2";
}

/** A server for `zone`'s names at PUBLIC_ADDRESS:443, another at 127.0.0.1:443 and :80 inside, which nobody may reach. */
export async function openTwoNetworks(zone: Zone): Promise<TwoNetworks> {
  const folder = await mkdtemp(join(tmpdir(), "egress-networks-"));
  const children: ChildProcess[] = [];
  const proxy = await namespace(children);
  const server = await namespace(children);
  const inProxy = ["nsenter", "-t", String(proxy), "-n", "-m", "--"];
  const inServer = ["nsenter", "-t", String(server), "-n", "-m", "--"];
  run(inProxy, "ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", String(server));
  for (const [inside, address] of [
    [inProxy, PROXY_ADDRESS],
    [inServer, PUBLIC_ADDRESS],
  ] as const) {
    run(inside, "ip", "address", "add", `${address}/24`, "dev", "wire");
    run(inside, "ip", "link", "set", "wire", "up");
    run(inside, "ip", "link", "set", "lo", "up");
  }
  const resolver = join(folder, "resolv.conf");
  await writeFile(resolver, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  run(inProxy, "mount", "--bind", resolver, "/etc/resolv.conf");

  const authority = await testAuthority();
  const issued = await authority.issue(...Object.keys(zone));
  const reached: string[] = [];
  const asked: string[] = [];
  const program = async (inside: readonly string[], file: string, about: unknown, line: (text: string) => void) => {
    const [first, ...rest] = [...inside, process.execPath, join(import.meta.dirname, "programs", file)];
    const child = spawn(first, [...rest, JSON.stringify(about)], { stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    await lines(child, line);
  };
  await program(inProxy, "name-server.ts", zone, (name) => asked.push(name));
  await program(inProxy, "counting-server.ts", { ...issued, address: "127.0.0.1" }, () => reached.push("inside"));
  await program(inServer, "counting-server.ts", { ...issued, address: PUBLIC_ADDRESS }, () => reached.push("public"));
  return {
    through: inProxy,
    ca: authority.cert,
    asked,
    reached,
    async close() {
      const ended = children.map(async (child) => child.exitCode ?? child.signalCode ?? (await once(child, "exit")));
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(ended);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The pid of a process that holds a network and a mount namespace of its own. */
async function namespace(children: ChildProcess[]): Promise<number> {
  const holder = spawn("unshare", ["-n", "-m", "sh", "-c", "echo ready; exec sleep 3600"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(holder);
  await once(holder.stdout, "data");
  return holder.pid!;
}

function run(inside: readonly string[], ...command: string[]): void {
  const [first = "", ...rest] = [...inside, ...command];
  execFileSync(first, rest, { stdio: ["ignore", "ignore", "inherit"] });
}

/** Resolves with the first line, `ready`; `line` gets those after it. */
function lines(child: ChildProcess, line: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest = "";
    child.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
    child.stdout?.on("data", (chunk: Buffer) => {
      const parts = `${rest}${chunk.toString()}`.split("\n");
      rest = parts.pop() ?? "";
      for (const text of parts) {
        if (text === "ready") resolve();
        else line(text);
      }
    });
  });
}
