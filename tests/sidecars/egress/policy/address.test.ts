import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { isListed, refusedAddress } from "#sidecars/egress/policy/address.ts";

const OWN = new Set(["93.184.216.99"]);

describe("an address", () => {
  test.each([
    "93.184.216.34",
    "8.8.8.8",
    "1.1.1.1",
    "172.32.0.1",
    "100.128.0.1",
    "192.0.1.1",
    "2606:4700::1111",
    "2a00:1450:4001:80b::200e",
  ])("%s may be dialled", (address) => {
    expect(refusedAddress(address, OWN)).toBeUndefined();
  });

  test.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "93.184.216.99",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "::127.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "5f00::1",
    "127.1",
    "0x7f000001",
    "example.com",
    "",
  ])("%s may not", (address) => {
    expect(refusedAddress(address, OWN)).toEqual(expect.any(String));
  });

  test("is refused in all of a private range", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xff_ff_ff }), (rest) => {
        const tail = `${rest >> 16}.${(rest >> 8) & 255}.${rest & 255}`;
        expect(refusedAddress(`10.${tail}`, OWN)).toBe("private");
        expect(refusedAddress(`127.${tail}`, OWN)).toBe("loopback");
      }),
    );
  });
});

describe("a route's list", () => {
  test("covers the addresses of its ranges, by family", () => {
    expect(isListed("10.1.2.3", ["10.1.0.0/16"])).toBe(true);
    expect(isListed("10.2.2.3", ["10.1.0.0/16"])).toBe(false);
    expect(isListed("fd00::1", ["10.0.0.0/8", "fd00::/8"])).toBe(true);
    expect(isListed("::ffff:10.1.2.3", ["10.0.0.0/8"])).toBe(false);
    expect(isListed("10.1.2.3", [])).toBe(false);
  });
});
