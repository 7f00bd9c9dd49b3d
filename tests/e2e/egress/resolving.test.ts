// Names that lead where nobody may go, with a resolver and networks of the test's own: the proxy asks a real resolver, and a
// server waits at the address that it must not dial.

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { connectRaw, get, plain } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import {
  networksMissing,
  openTwoNetworks,
  PUBLIC_ADDRESS,
  type TwoNetworks,
} from "#tests/helpers/egress/two-networks.ts";
import { requirement } from "#tests/helpers/require.ts";

const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";
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
      tokens: { EGRESS_SECRET_DB_PASSWORD: SECRET },
      table: {
        routes: [
          ...[...Object.keys(zone), "gone.example.com"].map((name) =>
            routeTo(name, { http: true, path_allowlist: ["/"], dlp: { outbound_on_match: "block" } }),
          ),
          routeTo("*.passed.example.com", { pipelock: { tls_passthrough: true } }),
          routeTo("*.wild.example.com", { http: true, path_allowlist: ["/open"], dlp: { outbound_on_match: "block" } }),
          routeTo("d.raw.example.com", { raw_tcp: true, port: 2222 }),
        ],
      },
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

  describe("is not even asked for", () => {
    const label = Buffer.from(SECRET).toString("hex");

    async function nothingAsked(task: () => Promise<unknown>): Promise<void> {
      networks.asked.length = 0;
      await task();
      await ask("public.example.com"); // the resolver has surely said by then what it was asked before
      expect(new Set(networks.asked)).toEqual(new Set(["public.example.com"]));
    }

    test("when no rule lists it: in CONNECT, in a URL, in TLS, in a Host", async () => {
      await nothingAsked(async () => {
        const host = `${label}.evil.example`;
        expect((await ask(host)).status).toBe(403);
        expect((await plain(egress.paths.egress.socket, `http://${host}/`)).status).toBe(403);
        for (const authority of [`${host}:22`, `${host}:80`])
          (await connectRaw(egress.paths.egress.socket, authority)).connection.destroy();
        await get(egress.paths.egress.socket, ca, "https://public.example.com/", { sni: host }).catch(() => {});
        await get(egress.paths.egress.socket, ca, "https://public.example.com/", { headers: { host } }).catch(() => {});
      });
    });

    test("when its rule does not allow the path, the method or the port", async () => {
      await nothingAsked(async () => {
        expect((await ask("a.wild.example.com")).status).toBe(403);
        expect((await get(egress.paths.egress.socket, ca, "https://b.wild.example.com:8443/open")).status).toBe(403);
        expect((await plain(egress.paths.egress.socket, "http://c.wild.example.com/closed")).status).toBe(403);
        (await connectRaw(egress.paths.egress.socket, "d.raw.example.com:22")).connection.destroy();
      });
    });

    test("when a secret is in the path, the headers or the body", async () => {
      await nothingAsked(async () => {
        const url = "https://e.wild.example.com/open";
        expect((await get(egress.paths.egress.socket, ca, `${url}?a=${label}`)).status).toBe(403);
        expect((await get(egress.paths.egress.socket, ca, url, { headers: { "x-a": SECRET } })).status).toBe(403);
        expect((await get(egress.paths.egress.socket, ca, url, { method: "POST", body: SECRET })).status).toBe(403);
      });
    });

    test("when a secret is in the name of a tunnel that is not read", async () => {
      await nothingAsked(async () => {
        for (const name of [label, `a.${label}`, `${label.slice(0, 20)}.${label.slice(20)}`]) {
          const tunnel = await connectRaw(egress.paths.egress.socket, `${name}.passed.example.com:443`);
          expect(tunnel.rest).toMatch(/^HTTP\/1\.1 403 Forbidden: a secret of this bottle is in the host name\r\n/);
          expect(tunnel.rest).toContain("X-Bottle-Egress: secret_found\r\n");
          tunnel.connection.destroy();
        }
      });
    });

    test("when a secret is in the name itself, below a wildcard", async () => {
      await nothingAsked(async () => {
        expect((await ask(`${label}.wild.example.com`)).status).toBe(403);
        const allowed = [`https://${label}.wild.example.com/open`, `https://a.${label}.wild.example.com/open`];
        for (const url of allowed) expect((await get(egress.paths.egress.socket, ca, url)).status).toBe(403);
        const url = `http://${label}.wild.example.com/open`;
        expect((await plain(egress.paths.egress.socket, url)).json().error).toBe("secret_found");
      });
    });
  });
});
