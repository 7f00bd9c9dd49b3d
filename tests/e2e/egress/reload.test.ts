// The table changes under a running proxy: taken when it is good, left when it is bad, and what it takes back is closed.

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { TableRoute } from "#domain/egress/route.ts";
import { renderRouteTable } from "#domain/egress/table.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { sha256 } from "#lib/hash.ts";
import { readUses } from "#lib/store/read-uses.ts";
import { connectUnix } from "#lib/unix-socket.ts";
import { get, open, openTlsTunnel, over } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress, tableOf } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";
import { requirement } from "#tests/helpers/require.ts";

let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;

beforeAll(async () => {
  upstream = await startUpstream("a.example.com", "b.example.com");
  upstream.on("/stream", (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
  });
});
afterAll(() => upstream.close());
beforeEach(async () => {
  egress = await startEgress({ upstreamCa: upstream.authority.cert, table: tableWith(routeTo("a.example.com")) });
  ca = await egress.ca();
});
afterEach(() => egress.remove());

function tableWith(...routes: TableRoute[]) {
  return { hosts: { "a.example.com": upstream.pin, "b.example.com": upstream.pin }, routes };
}
const probePrlimit = () =>
  spawnSync("prlimit", ["--version"], { stdio: "ignore" }).status === 0
    ? undefined
    : "prlimit is missing: install util-linux";
const ask = (host: string, path = "/") => get(egress.paths.egress.socket, ca, `https://${host}${path}`);

describe("a new table", () => {
  test("is in force at once, with the next version, and says so", async () => {
    expect((await ask("b.example.com")).status).toBe(403);
    await egress.setTable(tableWith(routeTo("b.example.com")));
    expect((await ask("b.example.com")).status).toBe(200);
    expect((await ask("a.example.com")).status).toBe(403);
    expect(await egress.status()).toMatchObject({ version: 2, table: { routes: [{ host: "b.example.com" }] } });
  });

  test("that is bad leaves the old one in force, and says why", async () => {
    const { table_digest } = await egress.status();
    for (const bad of ["routes: [", "version: 1\nroutes: []\n", ""]) {
      await writeAtomic(egress.paths.egress.routes, bad);
      await expect.poll(async () => (await egress.status()).reload_error).toMatch(/routes\.yaml/);
      expect(await egress.status()).toMatchObject({ version: 1, table_digest });
      expect((await ask("a.example.com")).status).toBe(200);
    }
    expect(egress.output()).toContain("the table was not taken");
    await egress.setTable(tableWith(routeTo("b.example.com")));
    expect((await egress.status()).reload_error).toBeUndefined();
    expect((await ask("a.example.com")).status).toBe(403);
  });

  test("written in place, without a rename, is taken too", async () => {
    await writeFile(egress.paths.egress.routes, renderRouteTable(tableOf(tableWith(routeTo("b.example.com")))));
    await expect.poll(async () => (await egress.status()).table.routes[0]?.host).toBe("b.example.com");
  });

  test("is read on SIGHUP", async () => {
    egress.signal("SIGHUP");
    expect((await ask("a.example.com")).status).toBe(200);
    expect((await egress.status()).version).toBe(1);
  });

  test("that takes a host back closes its streams and its idle tunnels, and no others", async () => {
    await egress.setTable(tableWith(routeTo("a.example.com"), routeTo("b.example.com")));
    const { socket } = egress.paths.egress;
    const [streaming, idle, other] = await Promise.all(
      ["a.example.com", "a.example.com", "b.example.com"].map((host) => openTlsTunnel(socket, ca, host)),
    );
    const stream = await open(streaming!, "/stream", { headers: { host: "a.example.com" } });
    await once(stream, "data");
    expect((await over(idle!, "/", { headers: { host: "a.example.com" } })).status).toBe(200);
    const closed = Promise.all([once(streaming!, "close"), once(idle!, "close")]);
    stream.on("error", () => {});
    await egress.setTable(tableWith(routeTo("b.example.com")));
    await closed;
    await expect.poll(() => upstream.aborted).toContain("/stream");
    expect((await over(other!, "/", { headers: { host: "b.example.com" } })).status).toBe(200);
    other!.destroy();
  });

  test("that narrows a host closes what it would not allow now", async () => {
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, "a.example.com");
    const stream = await open(tunnel, "/stream", { headers: { host: "a.example.com" } });
    stream.on("error", () => {});
    await once(stream, "data");
    const closed = once(tunnel, "close");
    await egress.setTable(tableWith(routeTo("a.example.com", { path_allowlist: ["/other"] })));
    await closed;
    expect((await ask("a.example.com", "/other")).status).toBe(200);
  });

  test("that has nothing against a stream leaves it alone", async () => {
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, "a.example.com");
    const stream = await open(tunnel, "/stream", { headers: { host: "a.example.com" } });
    await once(stream, "data");
    await egress.setTable(tableWith(routeTo("a.example.com", { methods: ["GET"] }), routeTo("b.example.com")));
    expect(stream.destroyed).toBe(false);
    tunnel.destroy();
  });
});

describe("a proxy without files to open", requirement("prlimit", probePrlimit), () => {
  test("takes a table when it has some again", async () => {
    const poor = await startEgress({ through: ["prlimit", "--nofile=80:80"], table: { routes: [] } });
    try {
      const idle = await Promise.all(Array.from({ length: 80 }, () => connectUnix(poor.paths.egress.socket)));
      await expect.poll(async () => (await readdir(`/proc/${poor.pid}/fd`)).length).toBeGreaterThanOrEqual(79);
      await writeAtomic(poor.paths.egress.routes, renderRouteTable(tableOf({ routes: [routeTo("late.example.com")] })));
      await expect.poll(() => poor.output()).toContain("EMFILE");
      for (const socket of idle) socket.destroy();
      await expect.poll(async () => (await poor.status()).table.routes.length, { timeout: 10_000 }).toBe(1);
    } finally {
      await poor.remove();
    }
  });
});

describe("tables that change while requests flow", () => {
  const HOST = "a.example.com";
  /** Each lets through one path of its own, and one that all have. */
  function tableWithPath(index: number): string {
    const filler = Array.from({ length: 200 }, (_unused, at) => routeTo(`f${at}.table${index}.example.com`));
    const routes = [routeTo(HOST, { path_allowlist: [`/only/${index}`, "/always"] }), ...filler];
    return renderRouteTable(tableOf({ hosts: { [HOST]: upstream.pin }, routes }));
  }

  test("judge each of them by one whole table, and the last is in force", async () => {
    const tables = Array.from({ length: 50 }, (_, index) => tableWithPath(index));
    await writeAtomic(egress.paths.egress.routes, tables[0]!);
    await expect.poll(async () => (await egress.status()).table.routes.length).toBe(201);
    const written = new AbortController();
    const verdicts: { path: string; status: number }[] = [];
    const askOn = async (start: number): Promise<void> => {
      for (let at = start; !written.signal.aborted; at = (at + 7) % tables.length) {
        for (const path of ["/always", `/only/${at}`, "/never"]) {
          // None when a new table took back what was on its way: right for a path of one table alone.
          const status = await ask(HOST, path).then(
            (reply) => reply.status,
            () => 0,
          );
          verdicts.push({ path, status });
        }
      }
    };
    const asking = [askOn(0), askOn(3)];
    try {
      for (const table of tables) {
        await writeAtomic(egress.paths.egress.routes, table);
        await ask(HOST, "/always"); // so that the changes spread over the requests
      }
    } finally {
      written.abort();
      await Promise.all(asking);
    }
    const of = (path: RegExp) => new Set(verdicts.filter((one) => path.test(one.path)).map(({ status }) => status));
    expect(verdicts.length).toBeGreaterThan(30);
    expect(of(/^\/always/)).toEqual(new Set([200])); // never a table that is half there, and never none
    expect(of(/^\/never/)).toEqual(new Set([403]));
    expect([...of(/^\/only/)].filter((status) => ![200, 403, 0].includes(status))).toEqual([]);
    await expect.poll(async () => (await egress.status()).table_digest).toBe(sha256(tables.at(-1)!));
    expect((await ask(HOST, "/only/49")).status).toBe(200);
    expect((await ask(HOST, "/only/48")).status).toBe(403);
  });
});

describe("a route whose time is over", () => {
  test("closes what it had allowed, to the moment", async () => {
    const expires_at = new Date(Date.now() + 700).toISOString();
    await egress.setTable(tableWith(routeTo("a.example.com", { decision: "0001-until", expires_at })));
    const tunnel = await openTlsTunnel(egress.paths.egress.socket, ca, "a.example.com");
    const stream = await open(tunnel, "/stream", { headers: { host: "a.example.com" } });
    stream.on("error", () => {});
    await once(tunnel, "close");
    expect(Date.now()).toBeGreaterThanOrEqual(new Date(expires_at).getTime());
    expect((await ask("a.example.com")).json()).toMatchObject({ rule: "expires_at" });
  });
});

describe("uses", () => {
  test("of a decision's route are written down as evidence", async () => {
    await egress.setTable(tableWith(routeTo("a.example.com", { decision: "0001-used" })));
    await ask("a.example.com");
    await ask("a.example.com");
    await expect.poll(async () => (await readUses(egress.of)).uses["0001-used"]?.count, { timeout: 5000 }).toBe(2);
  });
});
