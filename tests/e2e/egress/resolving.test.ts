// Names that lead where nobody may go, with a resolver and networks of the test's own: the proxy asks a real resolver, and a
// server waits at the address that it must not dial.

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { get, plain } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import {
  networksMissing,
  openTwoNetworks,
  PUBLIC_ADDRESS,
  type TwoNetworks,
} from "#tests/helpers/egress/two-networks.ts";
import { requirement } from "#tests/helpers/require.ts";

const PRIVATE = {
  "loopback.example.com": ["127.0.0.1"],
  "metadata.example.com": ["169.254.169.254"],
  "lan.example.com": ["10.0.0.7"],
  "own.example.com": ["11.22.33.1"],
  "zero.example.com": ["0.0.0.0"],
  "both.example.com": [PUBLIC_ADDRESS, "127.0.0.1"],
  "both-other.example.com": ["127.0.0.1", PUBLIC_ADDRESS],
};

describe("a name", requirement("root", networksMissing), () => {
  let networks: TwoNetworks;
  let egress: EgressProcess;
  let ca: string;

  beforeAll(async () => {
    const zone = {
      "public.example.com": [[PUBLIC_ADDRESS]],
      "rebinding.example.com": [[PUBLIC_ADDRESS], ["127.0.0.1"]],
      ...Object.fromEntries(Object.entries(PRIVATE).map(([name, addresses]) => [name, [addresses]])),
    };
    networks = await openTwoNetworks(zone);
    egress = await startEgress({
      through: networks.through,
      upstreamCa: networks.ca,
      table: { routes: [...Object.keys(zone), "gone.example.com"].map((name) => routeTo(name, { http: true })) },
    });
    ca = await egress.ca();
  });
  afterAll(async () => {
    await egress?.remove();
    await networks?.close();
  });

  const ask = (name: string) => get(egress.paths.egress.socket, ca, `https://${name}/`);

  test("that leads to a public address is dialled there", async () => {
    networks.reached.length = 0;
    expect(await ask("public.example.com")).toMatchObject({ status: 200, body: PUBLIC_ADDRESS });
    expect(networks.reached).toEqual(["public"]);
  });

  test.each(Object.entries(PRIVATE))("is refused: %s leads to %s", async (name, addresses) => {
    networks.reached.length = 0;
    const secure = await ask(name);
    expect(secure.status).toBe(403);
    expect(secure.json()).toMatchObject({ error: "address_refused" });
    expect(secure.json().reason).toContain(addresses.find((address) => address !== PUBLIC_ADDRESS));
    expect((await plain(egress.paths.egress.socket, `http://${name}/`)).status).toBe(403);
    expect(networks.reached).toEqual([]);
  });

  test("that is rebound after it was checked is checked again, and never dialled where it was not", async () => {
    networks.reached.length = 0;
    networks.asked.length = 0;
    expect((await ask("rebinding.example.com")).status).toBe(200);
    // One question for one connection: what was checked is what was dialled.
    expect(networks.asked.filter((name) => name === "rebinding.example.com")).toHaveLength(1);
    const again = await ask("rebinding.example.com");
    expect(again.status).toBe(403);
    expect(again.json()).toMatchObject({ error: "address_refused" });
    expect(networks.reached).toEqual(["public"]);
  });

  test("that nobody knows is a 502, and says so", async () => {
    const reply = await ask("gone.example.com");
    expect(reply.status).toBe(502);
    expect(reply.json().reason).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });
});
