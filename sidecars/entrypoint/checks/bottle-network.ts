// A bottle that reaches its sidecars over a network of its own: nobody else may be on it, and nothing of the sidecars may
// answer but what they offer.

import { readFileSync } from "node:fs";

import type { BootTries } from "#domain/boot/protocol.ts";

import { nothingOf, type Attempt, type Finding } from "./attempt.ts";
import { isUnreached, tryAll, type Target } from "./connecting.ts";

/** What operators, engines and other bottles' sidecars are likely to offer. */
const LIKELY_PORTS = [22, 53, 80, 111, 443, 2375, 2376, 3128, 5000, 8080];
const NEIGHBOUR_PORTS = [22, 80, 443, 2375, 9099];
/** Of a larger network the rest is not asked. */
const MOST_NEIGHBOURS = 14;

export function bottleNetworkAttempts(tries: BootTries, patienceMs: number): Attempt[] {
  return [
    {
      name: "no network but the sidecars'",
      required: true,
      try: () =>
        onlyBottleNetwork({
          interfaces: readFileSync("/proc/net/dev", "utf8"),
          addresses6: readOr("/proc/net/if_inet6"),
          isUp: (name) => isUp(readOr(`/sys/class/net/${name}/flags`)),
        }),
    },
    {
      name: "nobody but the sidecars is on its network",
      required: true,
      try: () => nobodyElse(tries, readFileSync("/proc/net/route", "utf8"), patienceMs),
    },
    {
      name: "gateways and other bottles are out of reach",
      required: true,
      try: () =>
        tries.refused.length === 0
          ? { ok: true, evidence: "there are none" }
          : allUnreached(
              tries.refused.map(({ host, port }) => ({ what: `${host}:${port}`, to: { host, port } })),
              patienceMs,
            ),
    },
  ];
}

export interface NetworkFacts {
  /** The texts of /proc/net/dev and if_inet6. */
  readonly interfaces: string;
  readonly addresses6: string;
  readonly isUp: (name: string) => boolean;
}

/** Loopback and one more that is up, without IPv6. Whether a route leads anywhere is tried. */
export function onlyBottleNetwork({ interfaces, addresses6, isUp }: NetworkFacts): Finding {
  const names = interfaceNames(interfaces);
  if (!names.includes("lo")) return { ok: false, evidence: "loopback itself is missing" };
  const up = names.filter((name) => name !== "lo" && isUp(name));
  const six = addresses6.split("\n").filter((line) => line.trim() !== "" && line.trim().split(/\s+/).at(-1) !== "lo");
  return nothingOf(
    [...up.slice(1), ...six.map((line) => `an IPv6 address of ${line.trim().split(/\s+/).at(-1)}`)],
    `lo and ${up[0] ?? "nothing else"}; no IPv6`,
    "also there",
  );
}

async function nobodyElse(tries: BootTries, routes: string, patienceMs: number): Promise<Finding> {
  const sidecars = new Set(tries.forwards.flatMap(({ to }) => ("host" in to ? [to.host] : [])));
  const offered = new Set([
    ...tries.forwards.flatMap(({ to }) => ("host" in to ? [to.port] : [])),
    ...(tries.lifeline === null ? [] : [tries.lifeline.port]),
  ]);
  const neighbours = neighboursOf(routes).filter((host) => !sidecars.has(host));
  const strangers = neighbours.filter((host) => !tries.beside.includes(host));
  if (neighbours.length === 0) return { ok: false, evidence: "its own network was not found" };
  const at = (host: string, ports: readonly number[]): Target[] =>
    ports.map((port) => ({ what: `${host}:${port}`, to: { host, port } }));
  return allUnreached(
    [
      ...[...sidecars].flatMap((host) =>
        at(
          host,
          LIKELY_PORTS.filter((port) => !offered.has(port)),
        ),
      ),
      ...strangers.flatMap((host) => at(host, NEIGHBOUR_PORTS)),
    ],
    patienceMs,
  );
}

/** Whoever could be on the network itself, and every gateway that a route names. */
export function neighboursOf(routes: string): string[] {
  const own = parseRoutes(routes).filter(({ gateway }) => gateway === 0);
  return [...new Set([...own.flatMap(addressesOf), ...gatewaysOf(routes)])];
}

export function gatewaysOf(routes: string): string[] {
  const through = parseRoutes(routes).filter(({ gateway }) => gateway !== 0);
  return [...new Set(through.map(({ gateway }) => dotted(gateway)))];
}

/** Whether the kernel knows a hardware address of `host`; from the text of /proc/net/arp. */
export function isNeighbour(arp: string, host: string): boolean {
  const complete = 0x2;
  return arp
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .some(([address, , flags]) => address === host && (Number(flags) & complete) !== 0);
}

export async function allUnreached(targets: readonly Target[], patienceMs: number): Promise<Finding> {
  const results = await tryAll(targets, patienceMs);
  const reached = results.filter(({ result }) => !isUnreached(result));
  return nothingOf(
    reached.map(({ what, result }) => `${what} ${result}`),
    `${results.length} tried: ${results.map(({ what, result }) => `${what} ${result}`).join(", ")}`,
    "not refused",
  );
}

/** From the text of /proc/net/dev. */
export function interfaceNames(text: string): string[] {
  return text
    .split("\n")
    .slice(2)
    .flatMap((line) => line.split(":")[0]?.trim() || []);
}

export interface Route {
  readonly destination: number;
  readonly gateway: number;
  readonly bits: number;
}

/** From the text of /proc/net/route, where addresses are words of this machine, least significant byte first. */
export function parseRoutes(text: string): Route[] {
  return text
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([, destination, gateway, , , , , mask]) =>
      destination === undefined || gateway === undefined || mask === undefined
        ? []
        : [{ destination: word(destination), gateway: word(gateway), bits: countBits(word(mask)) }],
    );
}

/** Of the hosts in it, without its first and last address. */
export function addressesOf({ destination, bits }: Pick<Route, "destination" | "bits">): string[] {
  const count = Math.min(2 ** (32 - bits) - 2, MOST_NEIGHBOURS);
  return Array.from({ length: Math.max(count, 0) }, (_, index) => dotted(destination + index + 1));
}

function word(hex: string): number {
  const [a = "00", b = "00", c = "00", d = "00"] = hex.match(/../g) ?? [];
  return Number.parseInt(`${d}${c}${b}${a}`, 16);
}

function countBits(mask: number): number {
  return mask.toString(2).replaceAll("0", "").length;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** From the text of /sys/class/net/<name>/flags; what cannot be read counts as up. */
export function isUp(flags: string): boolean {
  const value = Number.parseInt(flags, 16);
  return Number.isNaN(value) || (value & 1) === 1;
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
