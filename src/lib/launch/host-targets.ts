// Things of the host that a bottle must not reach: real listeners for its entrypoint to try, and paths that must be absent.

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { homedir, networkInterfaces } from "node:os";

import type { BootTries } from "#domain/boot/protocol.ts";

import { INSIDE } from "#domain/boot/protocol.ts";

export interface HostTargets {
  readonly listening: BootTries["listening"];
  readonly abstract: string;
  close(): void;
}

/** Listens on every address of this host until closed; whoever connects is turned away at once. */
export async function openHostTargets(): Promise<HostTargets> {
  const server = await listenEverywhere();
  const { port } = server.address() as AddressInfo;
  const abstract = `bottle-dash-${randomBytes(8).toString("hex")}`;
  const local = turningAway();
  await listening(local, { path: `\0${abstract}` });
  return {
    listening: [...new Set(["127.0.0.1", "::1", ...hostAddresses()])].map((host) => ({ host, port })),
    abstract,
    close() {
      server.close();
      local.close();
    },
  };
}

/** What every system has of its own: an image's are not the host's. */
const OF_ANY_SYSTEM = ["/root", "/etc/shadow", "/etc/ssh", "/boot", "/sys", "/mnt", "/srv", "/media", "/var/lib"];

/** Paths that show the operator's or root's things; in a bottle with an image of its own only those that no image has. */
export function absentPaths(root: string, { image = false }: { readonly image?: boolean } = {}): string[] {
  const ofHosts = [root, homedir(), "/var/run/docker.sock", "/run/docker.sock", "/run/user"];
  const candidates = image ? ofHosts.filter((path) => !OF_ANY_SYSTEM.includes(path)) : [...ofHosts, ...OF_ANY_SYSTEM];
  return [...new Set(candidates)].filter((path) => existsSync(path) && !holds(path, INSIDE.home));
}

function holds(folder: string, path: string): boolean {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}

function hostAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .map(({ address }) => address);
}

/** On both families where there are both. */
async function listenEverywhere(): Promise<Server> {
  for (const host of ["::", "0.0.0.0"]) {
    const server = turningAway();
    const opened = await listening(server, { host, port: 0 }).then(
      () => true,
      () => false,
    );
    if (opened) return server;
  }
  const server = turningAway();
  await listening(server, { host: "127.0.0.1", port: 0 });
  return server;
}

function turningAway(): Server {
  return createServer((socket) => socket.destroy());
}

function listening(server: Server, at: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, () => resolve());
  });
}
