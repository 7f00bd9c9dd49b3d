// The texts are those of a container on an internal network whose bridge has no address of the host.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  addressesOf,
  allUnreached,
  gatewaysOf,
  isNeighbour,
  isUp,
  neighboursOf,
  onlyBottleNetwork,
  parseRoutes,
} from "#sidecars/entrypoint/checks/bottle-network.ts";
import { isUnreached, isWithoutRoute } from "#sidecars/entrypoint/checks/connecting.ts";

const HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
const ROUTES = `${HEAD}eth0\t00000000\t0107D50A\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t0007D50A\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0\n`;
const DEV = "Inter-|   Receive\n face |bytes    packets\n    lo:     100       1 0 0\n  eth0:     100       1 0 0\n";
const ARP_HEAD = "IP address       HW type     Flags       HW address            Mask     Device\n";

describe("the bottle's network", () => {
  const facts = { interfaces: DEV, addresses6: "", isUp: () => true };

  test("is loopback and one more", () => {
    expect(onlyBottleNetwork(facts)).toEqual({ ok: true, evidence: "lo and eth0; no IPv6" });
  });

  test("is nothing else: neither a second interface nor IPv6, and loopback must be there", () => {
    expect(onlyBottleNetwork({ ...facts, interfaces: `${DEV}  eth1: 5 5\n` })).toMatchObject({
      ok: false,
      evidence: "also there: eth1",
    });
    const link = "fe800000000000000042acfffe110002 02 40 20 80     eth0\n";
    expect(onlyBottleNetwork({ ...facts, addresses6: link })).toMatchObject({ ok: false });
    const loopback = "00000000000000000000000000000001 01 80 10 80       lo\n";
    expect(onlyBottleNetwork({ ...facts, addresses6: loopback })).toMatchObject({ ok: true });
    expect(onlyBottleNetwork({ ...facts, interfaces: DEV.replace("    lo:", "  eth9:") }).ok).toBe(false);
  });

  test("may have tunnels of the kernel that are down", () => {
    const interfaces = `${DEV} tunl0: 0 0\n`;
    expect(onlyBottleNetwork({ ...facts, interfaces, isUp: (name) => name !== "tunl0" }).ok).toBe(true);
    expect(onlyBottleNetwork({ ...facts, interfaces }).ok).toBe(false);
  });

  test("counts what cannot be read as up", () => {
    expect([isUp("0x1003\n"), isUp("0x80\n"), isUp("")]).toEqual([true, false, true]);
  });
});

describe("routes", () => {
  test("are read as the kernel writes them", () => {
    expect(parseRoutes(ROUTES)).toEqual([
      { destination: 0, gateway: 0x0ad50701, bits: 0 },
      { destination: 0x0ad50700, gateway: 0, bits: 29 },
    ]);
    expect(gatewaysOf(ROUTES)).toEqual(["10.213.7.1"]);
  });

  test("name every neighbour of a small network, and the gateway of a large one that is beyond those tried", () => {
    expect(neighboursOf(ROUTES)).toEqual([1, 2, 3, 4, 5, 6].map((last) => `10.213.7.${last}`));
    const large = `${HEAD}eth0\t00000000\tFEFFA8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n`;
    expect(neighboursOf(large)).toHaveLength(15);
    expect(neighboursOf(large)).toContain("192.168.255.254");
  });

  test("of no size make an endless list or an address that is none", () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), fc.integer({ min: 0, max: 32 }), (destination, bits) => {
        const all = addressesOf({ destination, bits });
        expect(all.length).toBeLessThanOrEqual(14);
        for (const address of all) expect(address).toMatch(/^(?:\d{1,3}\.){3}\d{1,3}$/);
      }),
    );
  });
});

describe("a gateway", () => {
  const line = (flags: string): string =>
    `${ARP_HEAD}10.213.7.1       0x1         ${flags}         02:42:0a:d5:07:01     *        eth0\n`;
  test("is nobody while the kernel has no hardware address of it", () => {
    expect(isNeighbour(line("0x0"), "10.213.7.1")).toBe(false);
    expect(isNeighbour(ARP_HEAD, "10.213.7.1")).toBe(false);
  });
  test("is somebody once it told its address, or has a fixed one", () => {
    expect(isNeighbour(line("0x2"), "10.213.7.1")).toBe(true);
    expect(isNeighbour(line("0x6"), "10.213.7.1")).toBe(true);
    expect(isNeighbour(line("0x2"), "10.213.7.11")).toBe(false);
  });
});

describe("what came back of a connection", () => {
  test("is a wall when it was refused or has no way, and never when it was silence, a reset or an answer", () => {
    const walls = ["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "ECONNREFUSED"];
    const leaks = ["timeout", "connected", "ECONNRESET", "EPIPE", "ETIMEDOUT"];
    expect(walls.map(isUnreached)).toEqual(walls.map(() => true));
    expect(leaks.map(isUnreached)).toEqual(leaks.map(() => false));
    expect(isWithoutRoute("ECONNREFUSED")).toBe(false);
  });

  test("is named when something answers", async () => {
    const { createServer } = await import("node:net");
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const to = { host: "127.0.0.1", port };
    expect(await allUnreached([{ what: "a door", to }], 1000)).toEqual({
      ok: false,
      evidence: "not refused: a door connected",
    });
    await new Promise((resolve) => server.close(resolve));
    expect((await allUnreached([{ what: "a door", to }], 1000)).ok).toBe(true);
  });
});
