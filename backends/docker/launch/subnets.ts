// Which small subnets are free: a pure choice among those of a pool, away from everything that is taken.

/** IPv4 alone: bottles have no IPv6. */
export interface Subnet {
  /** Of the first address, as a number of 32 bits. */
  readonly base: number;
  readonly bits: number;
}

/** Private ranges that routers, VPNs and Docker's own pools rarely hand out; each is searched whole, in this order. */
export const POOLS: readonly Subnet[] = [
  parseKnown("10.213.0.0/16"),
  parseKnown("172.31.128.0/17"),
  parseKnown("192.168.224.0/19"),
];

/** Network, gateway, sidecars, two agents (the old and the new one of a rebuild), one to spare, broadcast. */
export const BITS = 29;

/**
 * Every subnet of `BITS` bits that overlaps nothing of `taken`, beginning at a place that `seed` chooses: two launches at
 * once seldom want the same one. Lazy, since the caller takes the first that the engine accepts as well.
 */
export function* freeSubnets(taken: readonly Subnet[], seed: number, pools = POOLS): Generator<Subnet> {
  for (const pool of pools) {
    const count = 2 ** (BITS - pool.bits);
    const size = 2 ** (32 - BITS);
    const near = taken.filter((other) => overlap(pool, other));
    for (let step = 0; step < count; step += 1) {
      const subnet = { base: pool.base + ((seed + step) % count) * size, bits: BITS };
      if (!near.some((other) => overlap(subnet, other))) yield subnet;
    }
  }
}

export function overlap(one: Subnet, other: Subnet): boolean {
  const size = 2 ** (32 - Math.min(one.bits, other.bits));
  return Math.floor(one.base / size) === Math.floor(other.base / size);
}

/** `a.b.c.d/n`, with whatever host bits; undefined when it is none (IPv6, for example). */
export function parseSubnet(text: string): Subnet | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [a = 256, b = 256, c = 256, d = 256, bits = 33] = match.slice(1).map(Number);
  if (bits > 32 || [a, b, c, d].some((part) => part > 255)) return undefined;
  const address = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  return { base: address - (address % 2 ** (32 - bits)), bits };
}

/** The address `index` places after the first. */
export function addressIn(subnet: Subnet, index: number): string {
  const address = subnet.base + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export function subnetText(subnet: Subnet): string {
  return `${addressIn(subnet, 0)}/${subnet.bits}`;
}

function parseKnown(text: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet === undefined) throw new Error(`${text} is no subnet`);
  return subnet;
}
