// What of the IPv4 space is in use on this host: routes, addresses of its interfaces, and the engine's networks.

import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

import type Dockerode from "dockerode";

import { parseSubnet, type Subnet } from "./subnets.ts";

export async function takenSubnets(docker: Dockerode): Promise<Subnet[]> {
  const networks = await docker.listNetworks();
  const ofEngine = networks.flatMap(({ IPAM }) => IPAM?.Config ?? []).flatMap(({ Subnet: text }) => parsed(text));
  return [...routes(readOr("/proc/net/route")), ...interfaces(), ...ofEngine];
}

/** From the text of /proc/net/route: addresses are hexadecimal, in the machine's byte order. The default route takes nothing. */
export function routes(text: string): Subnet[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, destination, , , , , , mask] = line.split("\t");
      if (destination === undefined || mask === undefined) return [];
      const [base, length] = [littleEndian(destination), littleEndian(mask)];
      return length === 0 ? [] : [{ base, bits: 32 - Math.log2(2 ** 32 - length) }];
    });
}

function littleEndian(hex: string): number {
  return Buffer.from(hex.padStart(8, "0"), "hex").readUInt32LE();
}

function interfaces(): Subnet[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .flatMap(({ cidr }) => parsed(cidr ?? undefined));
}

function parsed(text: string | undefined): Subnet[] {
  const subnet = text === undefined ? undefined : parseSubnet(text);
  return subnet === undefined ? [] : [subnet];
}

/** An engine elsewhere has routes of its own; it says so when it is asked for a network that overlaps one. */
function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
