// What of the address space a host's routing table holds.

import { expect, test } from "vitest";

import { subnetText } from "#backends/docker/launch/subnets.ts";
import { routes } from "#backends/docker/launch/taken-subnets.ts";

const TABLE = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
wg0\t0000D50A\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0
eth0\t0202A8C0\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`;

test("every route but the default one takes its addresses", () => {
  expect(routes(TABLE).map(subnetText)).toEqual(["172.17.0.0/16", "10.213.0.0/29", "192.168.2.2/32"]);
});

test("a table that is not there takes none", () => {
  expect(routes("")).toEqual([]);
});
