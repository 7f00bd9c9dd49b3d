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

  test.each([
    ["AWS, Google, Azure, Oracle: metadata", "169.254.169.254"],
    ["AWS: metadata over IPv6", "fd00:ec2::254"],
    ["Google: metadata over IPv6", "fd20:ce::254"],
    ["AWS: task credentials", "169.254.170.2"],
    ["Alibaba: metadata", "100.100.100.200"],
    ["Azure: the host's agent", "168.63.129.16"],
    ["Oracle: metadata, classic", "192.0.0.192"],
    ["Tencent: metadata", "169.254.0.23"],
    ["metadata mapped into IPv6", "::ffff:a9fe:a9fe"],
    ["metadata behind NAT64", "64:ff9b::a9fe:a9fe"],
    ["metadata behind local NAT64", "64:ff9b:1::a9fe:a9fe"],
    ["metadata within 6to4", "2002:a9fe:a9fe::1"],
    ["loopback within Teredo", "2001:0:7f00:1::1"],
    ["an IPv4-compatible address", "::169.254.169.254"],
    ["IPv4-translated", "::ffff:0:7f00:1"],
    ["ISATAP's link-local", "fe80::5efe:7f00:1"],
    ["ORCHID", "2001:10::1"],
    ["ORCHIDv2", "2001:20::1"],
    ["drone remote ID", "2001:30::1"],
    ["benchmarking", "2001:2::1"],
    ["AMT", "2001:3::1"],
    ["AS112", "2620:4f:8000::1"],
    ["AS112 over IPv4", "192.31.196.1"],
    ["direct delegation AS112", "192.175.48.1"],
    ["AMT over IPv4", "192.52.193.1"],
    ["discard only", "100::1"],
    ["a dummy prefix", "100:0:0:1::1"],
    ["segment routing", "5f00::1"],
    ["site-local", "fec0::1"],
    ["unique local", "fc00::1"],
    ["multicast", "ff0e::1"],
    ["link-local with its zone", "fe80::1%2"],
    ["unassigned", "4000::1"],
    ["broadcast", "255.255.255.255"],
    ["this network", "0.1.2.3"],
    ["class E", "250.1.2.3"],
  ])("%s (%s) may not", (_what, address) => {
    expect(refusedAddress(address, OWN)).toEqual(expect.any(String));
  });

  test("of this machine may not, however it is spelt", () => {
    const own = new Set(["2606:4700::1111"]);
    for (const spelt of ["2606:4700::1111", "2606:4700:0:0::1111", "2606:4700:0:0:0:0:0:1111", "2606:4700::0:1111"])
      expect(refusedAddress(spelt, own)).toBe("one of this machine's own");
    expect(refusedAddress("2606:4700::1112", own)).toBeUndefined();
  });

  test("beside each refused range is judged for itself: the first and last of it are in, their neighbours out", () => {
    const edges = [
      ["9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"],
      ["100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"],
      ["126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"],
      ["169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"],
      ["172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"],
      ["192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"],
      ["198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"],
      ["2001:200::", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"],
      ["2001:ffff::", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"],
    ];
    for (const [before = "", first = "", last = "", after = ""] of edges) {
      expect([before, after].map((address) => refusedAddress(address, OWN))).toEqual([undefined, undefined]);
      expect([first, last].map((address) => typeof refusedAddress(address, OWN))).toEqual(["string", "string"]);
    }
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
