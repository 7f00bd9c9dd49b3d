// Which subnet a bottle's network gets.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  addressIn,
  BITS,
  freeSubnets,
  overlap,
  parseSubnet,
  POOLS,
  subnetText,
  type Subnet,
} from "#backends/docker/launch/subnets.ts";

const subnet = (text: string): Subnet => {
  const parsed = parseSubnet(text);
  if (parsed === undefined) throw new Error(`${text} is no subnet`);
  return parsed;
};
const first = (taken: readonly Subnet[], seed = 0, pools = POOLS): string | undefined => {
  const { value } = freeSubnets(taken, seed, pools).next();
  return value === undefined ? undefined : subnetText(value);
};

describe("a subnet", () => {
  test.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["10.213.0.13/29", "10.213.0.8/29"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["255.255.255.255/32", "255.255.255.255/32"],
  ])("%s is read as %s", (text, shown) => expect(subnetText(subnet(text))).toBe(shown));

  test.each(["", "10.0.0.0", "10.0.0.0/33", "10.0.0.256/8", "fd00::/64", "10.0.0.0/8 ", "a.b.c.d/8"])(
    "is not read from %j",
    (text) => expect(parseSubnet(text)).toBeUndefined(),
  );

  test("has its addresses in order", () => {
    const { base, bits } = subnet("10.0.0.248/29");
    expect([1, 2, 3].map((index) => addressIn({ base, bits }, index))).toEqual([
      "10.0.0.249",
      "10.0.0.250",
      "10.0.0.251",
    ]);
  });

  test.each([
    ["10.0.0.0/8", "10.1.2.0/29", true],
    ["10.1.2.0/29", "10.0.0.0/8", true],
    ["10.1.2.0/29", "10.1.2.8/29", false],
    ["172.17.0.0/16", "172.31.0.0/16", false],
    ["0.0.0.0/0", "192.168.0.0/29", true],
  ])("%s and %s overlap: %s", (one, other, expected) => expect(overlap(subnet(one), subnet(other))).toBe(expected));
});

describe("a free subnet", () => {
  test("is the first of the pool that nothing holds", () => {
    expect(first([])).toBe("10.213.0.0/29");
    expect(first([subnet("10.213.0.0/28")])).toBe("10.213.0.16/29");
  });

  test("comes from another pool when a route covers the first", () => {
    expect(first([subnet("10.0.0.0/8")])).toBe("172.31.128.0/29");
    expect(first([subnet("10.0.0.0/8"), subnet("172.16.0.0/12")])).toBe("192.168.224.0/29");
  });

  test("is none when all is taken", () => {
    expect(first(POOLS)).toBeUndefined();
    expect([...freeSubnets([], 7, [subnet("10.0.0.0/28")])].map(subnetText)).toEqual(["10.0.0.8/29", "10.0.0.0/29"]);
  });

  test("never overlaps what is taken, lies in a pool, and is offered once", () => {
    const taken = fc.array(
      fc.record({ base: fc.integer({ min: 0, max: 2 ** 32 - 1 }), bits: fc.integer({ min: 9, max: 32 }) }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(taken, fc.nat(), (list, seed) => {
        const aligned = list.map(({ base, bits }) => ({ base: base - (base % 2 ** (32 - bits)), bits }));
        const pools = [subnet("10.213.0.0/24"), subnet("192.168.224.0/25")];
        const found = [...freeSubnets(aligned, seed, pools)];
        for (const one of found) {
          expect(one.bits).toBe(BITS);
          expect(aligned.some((other) => overlap(one, other))).toBe(false);
          expect(pools.some((pool) => overlap(one, pool))).toBe(true);
        }
        expect(new Set(found.map(subnetText)).size).toBe(found.length);
      }),
    );
  });
});
