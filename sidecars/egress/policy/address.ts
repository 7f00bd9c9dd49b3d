// Which addresses the proxy may dial: public ones. Everything else is somebody's own network, the host itself or a
// cloud's metadata service, and is dialled only where a route lists it.

import { BlockList, isIP } from "node:net";

/** IANA's special-purpose registries, and the two metadata addresses that lie in public ranges. */
const IPV4: readonly (readonly [cidr: string, what: string])[] = [
  ["0.0.0.0/8", "this network"],
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "carrier-grade NAT"],
  ["127.0.0.0/8", "loopback"],
  ["168.63.129.16/32", "cloud metadata"],
  ["169.254.0.0/16", "link-local or cloud metadata"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "reserved"],
  ["192.0.2.0/24", "documentation"],
  ["192.31.196.0/24", "reserved"],
  ["192.52.193.0/24", "reserved"],
  ["192.88.99.0/24", "6to4"],
  ["192.168.0.0/16", "private"],
  ["192.175.48.0/24", "reserved"],
  ["198.18.0.0/15", "benchmarking"],
  ["198.51.100.0/24", "documentation"],
  ["203.0.113.0/24", "documentation"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
];

/** Within 2000::/3; everything outside it (loopback, unique local, link-local, NAT64, mapped, multicast) is refused at once. */
const IPV6: readonly (readonly [cidr: string, what: string])[] = [
  ["2001::/23", "reserved or Teredo"],
  ["2001:db8::/32", "documentation"],
  ["2002::/16", "6to4"],
  ["2620:4f:8000::/48", "reserved"],
  ["3fff::/20", "documentation"],
];

interface Ranges {
  readonly refused: readonly { readonly list: BlockList; readonly what: string }[];
  readonly globalUnicast: BlockList;
}

/** Made when the first address is looked at, not when the proxy starts. */
let made: Ranges | undefined;

function ranges(): Ranges {
  made ??= {
    refused: [...IPV4, ...IPV6].map(([cidr, what]) => ({ list: blockList([cidr]), what })),
    globalUnicast: blockList(["2000::/3"]),
  };
  return made;
}

/** What makes `address` one that must not be dialled; undefined for a public one. */
export function refusedAddress(address: string, own: ReadonlySet<string>): string | undefined {
  const family = isIP(address);
  if (family === 0 || address.includes("%")) return "no plain address";
  const { refused, globalUnicast } = ranges();
  if (family === 6 && !globalUnicast.check(address, "ipv6")) return "not a public IPv6 address";
  const range = refused.find(({ list }) => list.check(address, family === 4 ? "ipv4" : "ipv6"));
  const isOwn = own.has(address) || (family === 6 && own.has(canonical(address)));
  return range?.what ?? (isOwn ? "one of this machine's own" : undefined);
}

/** An IPv6 address in the one spelling that the system gives its own in. */
function canonical(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** True when a route lists `address`, as a CIDR of the same family. */
export function isListed(address: string, cidrs: readonly string[]): boolean {
  const family = isIP(address) === 4 ? "ipv4" : "ipv6";
  const same = cidrs.filter((cidr) => cidr.includes(":") === (family === "ipv6"));
  return same.length > 0 && blockList(same).check(address, family);
}

function blockList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = "", bits = ""] = cidr.split("/");
    list.addSubnet(network, Number(bits), network.includes(":") ? "ipv6" : "ipv4");
  }
  return list;
}
