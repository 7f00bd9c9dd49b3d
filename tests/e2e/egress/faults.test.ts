// What must hold when something dies: the proxy itself, its parent, its disk, its table, its authority.

import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import { bottlePaths } from "#lib/paths.ts";
import { readUses } from "#lib/store/read-uses.ts";
import { connectRaw, get, startTls } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, PROGRAMS, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";
import { requirement } from "#tests/helpers/require.ts";

let upstream: TestUpstream;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  upstream = await startUpstream("a.example.com");
});
afterAll(() => upstream.close());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const ONCE = { decision: "0001-once", once: true };
const table = (...routes: ReturnType<typeof routeTo>[]) => ({ hosts: { "a.example.com": upstream.pin }, routes });

async function start(setup: Parameters<typeof startEgress>[0] = {}): Promise<EgressProcess> {
  const egress = await startEgress({ upstreamCa: upstream.authority.cert, ...setup });
  cleanups.push(() => egress.remove());
  return egress;
}
const ask = async (egress: EgressProcess, path = "/") =>
  get(egress.paths.egress.socket, await egress.ca(), `https://a.example.com${path}`);

describe("a route for one request", () => {
  test("lets exactly one of many through at the same time", async () => {
    const egress = await start({ table: table(routeTo("a.example.com", ONCE)) });
    const before = upstream.seen.length;
    const replies = await Promise.all(Array.from({ length: 12 }, () => ask(egress)));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(upstream.seen.length).toBe(before + 1);
    expect((await readUses(egress.of)).uses).toEqual({ "0001-once": expect.objectContaining({ count: 1 }) });
  });

  test("stays used when the proxy is killed right after, and starts again", async () => {
    const egress = await start({ table: table(routeTo("a.example.com", ONCE)) });
    let killed: (() => void) | undefined;
    upstream.on("/kill", () => killed?.());
    const reached = new Promise<void>((resolve) => (killed = resolve));
    const reply = ask(egress, "/kill").catch(() => undefined);
    await reached;
    egress.signal("SIGKILL");
    await reply;
    await egress.restart();
    const again = await ask(egress);
    expect(again.status).toBe(403);
    expect(again.json()).toMatchObject({ rule: "once" });
  });

  test("counts as used when its record cannot be read", async () => {
    const egress = await start({ table: table(routeTo("a.example.com", ONCE)) });
    egress.signal("SIGTERM");
    await egress.exited();
    await writeFile(egress.paths.egress.uses, "{ not json");
    await egress.restart();
    expect((await ask(egress)).json()).toMatchObject({ rule: "once" });
    expect(egress.output()).toContain("every approval for one request counts as used");
  });
});

describe("a route for one request, on a full disk", requirement("mount", probeTmpfs), () => {
  test("is not used: nothing goes out, and later it does", async () => {
    const folder = await mkdtemp(join(tmpdir(), "egress-full-"));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
    cleanups.push(() => execFileSync("umount", ["-l", folder]));
    const egress = await start({ root: join(folder, "root"), table: table(routeTo("a.example.com", ONCE)) });
    const before = upstream.seen.length;
    const ballast = join(folder, "ballast");
    await writeFile(ballast, Buffer.alloc(1_100_000)).catch(() => {});
    const reply = await ask(egress);
    expect(reply).toMatchObject({ status: 503, headers: { "x-bottle-egress": "storage_failed" } });
    expect(upstream.seen.length).toBe(before);
    await rm(ballast);
    expect((await ask(egress)).status).toBe(200);
    expect((await ask(egress)).status).toBe(403);
  });
});

describe("a proxy that is gone", () => {
  test("lets nothing out, and starts again with the same authority", async () => {
    const egress = await start({ table: table(routeTo("a.example.com")) });
    const ca = await egress.ca();
    expect((await ask(egress)).status).toBe(200);
    egress.signal("SIGKILL");
    await egress.exited();
    await expect(ask(egress)).rejects.toThrow(/ECONNREFUSED|ENOENT/);
    await egress.restart();
    expect(await egress.ca()).toBe(ca);
    expect((await ask(egress)).status).toBe(200);
  });

  test("goes with its parent, and on SIGTERM, with status 0", async () => {
    const first = await start();
    first.closeLifeline();
    expect(await first.exited()).toEqual({ code: 0, signal: null });
    const second = await start();
    second.signal("SIGTERM");
    expect(await second.exited()).toEqual({ code: 0, signal: null });
  });
});

describe("without a good table at the start", () => {
  test.each([
    ["a broken one", "routes: ["],
    ["one of another version", "version: 2\n"],
  ])("(%s) nothing is allowed until there is one", async (_what, tableText) => {
    const egress = await start({ tableText });
    expect((await ask(egress)).status).toBe(403);
    expect(await egress.status()).toMatchObject({
      version: 1,
      reload_error: expect.stringContaining("routes.yaml"),
      table: { routes: [] },
    });
    await egress.setTable(table(routeTo("a.example.com")));
    expect((await ask(egress)).status).toBe(200);
  });
});

describe("the authority", () => {
  test("keeps its key from everybody but the operator, and gives the bottle what it needs", async () => {
    const egress = await start();
    const { tls } = egress.paths;
    const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
    expect(await mode(tls.key)).toBe("600");
    expect(await mode(tls.cert)).toBe("644");
    expect(await mode(tls.inside)).toBe("755");
    expect(await mode(egress.paths.egress.socket)).toBe("666");
    expect(await mode(egress.paths.egress.control)).toBe("600");
    expect(await mode(egress.paths.egress.dir)).toBe("700");
    const bundle = await readFile(tls.bundle, "utf8");
    expect(bundle).toContain(await egress.ca());
    expect(bundle.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(50);
  });

  test("satisfies a strict client", async () => {
    const egress = await start({ table: table(routeTo("a.example.com")) });
    const { connection } = await connectRaw(egress.paths.egress.socket, "a.example.com:443");
    const secure = await startTls(connection, await egress.ca(), "a.example.com");
    const leaf = join(egress.of.root, "leaf.pem");
    await writeFile(leaf, new X509Certificate(secure.getPeerCertificate().raw).toString());
    secure.destroy();
    const verified = execFileSync(
      "openssl",
      [
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-verify_hostname",
        "a.example.com",
        "-CAfile",
        egress.paths.tls.cert,
        leaf,
      ],
      {
        encoding: "utf8",
      },
    );
    expect(verified).toContain("OK");
  });

  test.each(["key", "cert"] as const)("that cannot be used stops the proxy: a broken %s", async (part) => {
    const egress = await start();
    egress.signal("SIGTERM");
    await egress.exited();
    await writeFile(egress.paths.tls[part], "-----BEGIN NONSENSE-----\n");
    await expect(egress.restart()).rejects.toThrow(/ended with 1.*remove its tls folder/s);
  });

  test("is not made anew beside a certificate whose key is lost", async () => {
    const egress = await start();
    egress.signal("SIGTERM");
    await egress.exited();
    await rm(egress.paths.tls.key);
    await expect(egress.restart()).rejects.toThrow(/the authority's key is missing/);
  });
});

describe("the program that makes certificates", () => {
  test("is waited for by tunnels that come before the first start is over", async () => {
    const root = await mkdtemp(join(tmpdir(), "egress-test-"));
    cleanups.push(() => rm(root, { recursive: true, force: true }));
    const { tls, egress: at } = bottlePaths(root, "demo-abcde");
    await mkdir(tls.inside, { recursive: true });
    execFileSync("mkfifo", [tls.bundle]); // the start cannot end before somebody writes to it
    let ready = false;
    const starting = start({ root, table: table(routeTo("a.example.com")) }).then((egress) => {
      ready = true;
      return egress;
    });
    const early = await vi.waitFor(() => connectRaw(at.socket, "a.example.com:443"), 10_000);
    const gone = await connectRaw(at.socket, "b.example.com:443");
    const secure = startTls(early.connection, "", "a.example.com", false);
    const left = startTls(gone.connection, "", "b.example.com", false);
    gone.connection.destroy();
    await expect(left).rejects.toThrow(/closed/);
    expect(ready).toBe(false);
    await writeFile(tls.bundle, "");
    const egress = await starting;
    const leaf = new X509Certificate((await secure).getPeerCertificate().raw);
    expect(leaf.checkIssued(new X509Certificate(await egress.ca()))).toBe(true);
    expect((await ask(egress)).status).toBe(200);
  });

  test("is not needed while no certificate must be made, and is looked for anew each time", async () => {
    const programs = await mkdtemp(join(tmpdir(), "egress-programs-"));
    cleanups.push(() => rm(programs, { recursive: true }));
    const parts = ["egress.js", "certificates.js", "inspection.js"];
    await Promise.all(parts.map((name) => cp(join(PROGRAMS, name), join(programs, name))));
    const egress = await start({ programs, table: table(routeTo("a.example.com")) });
    egress.signal("SIGTERM");
    await egress.exited();
    await rename(join(programs, "certificates.js"), join(programs, "away.js"));
    await egress.restart();
    await expect(ask(egress)).rejects.toThrow(/closed|disconnected|reset/);
    await vi.waitFor(() => expect(egress.output()).toContain("no TLS with the tunnel's host: Cannot find module"));
    await rename(join(programs, "away.js"), join(programs, "certificates.js"));
    expect((await ask(egress)).status).toBe(200);
  });
});

function probeTmpfs(): string | undefined {
  if (process.getuid?.() !== 0) return "mounting a tmpfs needs root";
  return undefined;
}
