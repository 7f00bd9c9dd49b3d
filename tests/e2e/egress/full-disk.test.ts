// A disk that is full: what must be written down before something goes out stops it, everything else goes on, and nothing
// that was written before is lost or half there.

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { readAuditLog } from "#lib/store/audit-log.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { get } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";
import { requirement } from "#tests/helpers/require.ts";

const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";
const OPEN = "open.example.com";
const LIMITED = "limited.example.com";
const SCANNED = "scanned.example.com";
const ASKED = "asked.example.com";

describe("on a full disk", requirement("mount", rootMissing), () => {
  let upstream: TestUpstream;
  let started: EgressProcess | undefined;
  let egress: EgressProcess;
  let folder: string;
  let ca: string;

  beforeAll(async () => {
    upstream = await startUpstream(OPEN, LIMITED, SCANNED, ASKED);
  });
  afterAll(() => upstream.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "egress-full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]);
    started = undefined;
    egress = started = await startEgress({
      root: join(folder, "root"),
      upstreamCa: upstream.authority.cert,
      tokens: { EGRESS_SECRET_DB_PASSWORD: SECRET },
      table: table(),
    });
    ca = await egress.ca();
    upstream.seen.length = 0;
    // The first of each kind, so that what is needed only once is there.
    for (const host of [OPEN, LIMITED, SCANNED]) await ask(host);
  });
  afterEach(async () => {
    await started?.remove();
    execFileSync("umount", ["-l", folder]);
    await rm(folder, { recursive: true, force: true });
  });

  const table = () => ({
    hosts: Object.fromEntries([OPEN, LIMITED, SCANNED, ASKED].map((host) => [host, upstream.pin])),
    routes: [
      routeTo(OPEN, { dlp: { outbound_on_match: "block" as const } }),
      routeTo(LIMITED, { limits: { bytes_per_day: 1_000_000 } }),
      routeTo(SCANNED),
    ],
  });
  const ask = (host: string, how: Parameters<typeof get>[3] = {}, path = "/") =>
    get(egress.paths.egress.socket, ca, `https://${host}${path}`, how);
  const ballast = () => join(folder, "ballast");
  /** To the last byte. */
  async function fill(): Promise<void> {
    for (let size = 2_000_000, part = 0; size > 0; size = Math.floor(size / 2), part += 1)
      await writeFile(`${ballast()}-${part}`, Buffer.alloc(size)).catch(() => {});
    await expect(writeFile(`${ballast()}-last`, Buffer.alloc(8192))).rejects.toThrow("ENOSPC");
  }
  const free = () => execFileSync("sh", ["-c", 'rm -f "$1"-*', "sh", ballast()]);

  test("what needs nothing written goes on, and what must not go out does not", async () => {
    await fill();
    for (let count = 0; count < 20; count += 1) expect((await ask(OPEN)).status).toBe(200);
    expect((await ask("unknown.example.com")).status).toBe(403);
    const reply = await ask(OPEN, { method: "POST", body: SECRET });
    expect([403, 503]).toContain(reply.status);
    expect(upstream.seen.some(({ body }) => body.includes(SECRET))).toBe(false);
  });

  test("a finding that nobody can be asked about is refused, and after that can be asked about", async () => {
    await fill();
    const reply = await ask(SCANNED, { method: "POST", body: SECRET });
    expect([403, 503]).toContain(reply.status);
    expect(upstream.seen.some(({ body }) => body.includes(SECRET))).toBe(false);
    free();
    const gone = new AbortController();
    const later = ask(SCANNED, { method: "POST", body: SECRET, signal: gone.signal }).catch(() => "left");
    await expect
      .poll(async () => (await readQueue(egress.of)).items.map(({ proposal }) => proposal.kind), {
        timeout: 5000,
      })
      .toContain("dlp-match");
    gone.abort();
    expect(await later).toBe("left");
  });

  test("a request that would be held is refused, and says that it could not be put before the operator", async () => {
    await egress.setTable({ ...table(), on_unknown_host: "hold" });
    await fill();
    const reply = await ask(ASKED);
    expect([403, 503]).toContain(reply.status);
    expect(reply.json().reason.length).toBeGreaterThan(10);
    expect(upstream.seen.some(({ headers }) => headers["host"] === ASKED)).toBe(false);
    expect((await ask(OPEN)).status).toBe(200);
  });

  test("a table that could not be written whole leaves the old one in force", async () => {
    await fill();
    execFileSync("sh", ["-c", 'printf "version: 1\\nroutes: [" > "$1" || true', "sh", egress.paths.egress.routes]);
    egress.signal("SIGHUP");
    expect((await ask(OPEN)).status).toBe(200);
    expect((await ask("unknown.example.com")).status).toBe(403);
  });

  test("what was used of a limit is kept in memory, and on the disk when it has room again", async () => {
    upstream.on("/big", (_request, response) => response.end(Buffer.alloc(300_000, 120)));
    await fill();
    for (let count = 0; count < 3; count += 1) await ask(LIMITED, {}, "/big").catch(() => {});
    await ask(LIMITED, {}, "/big").catch(() => {});
    expect((await ask(LIMITED)).status).toBe(429);
    free();
    await ask(LIMITED);
    const usage = async () => {
      await ask(LIMITED);
      return JSON.stringify(JSON.parse(await readFile(egress.paths.egress.usage, "utf8")));
    };
    await expect.poll(usage, { timeout: 8000, interval: 200 }).toMatch(/[89]\d{5}|1\d{6}/);
    egress.signal("SIGKILL");
    await egress.restart();
    expect((await ask(LIMITED)).status).toBe(429);
  }, 20_000);

  test("records are whole afterwards: the audit, the queue, what was seen", async () => {
    await fill();
    for (let index = 0; index < 10; index += 1) await ask(`unknown-${index}.example.com`);
    free();
    await ask("unknown-after.example.com");
    await expect
      .poll(async () => (await readAuditLog(egress.of)).some(({ detail }) => detail.includes("unknown-after")), {
        timeout: 5000,
      })
      .toBe(true);
    expect((await readQueue(egress.of)).items.length).toBeGreaterThan(0);
    egress.signal("SIGTERM");
    await egress.exited();
    await egress.restart();
    expect((await ask(OPEN)).status).toBe(200);
    expect((await egress.seen()).requests.length).toBeGreaterThan(0);
    expect((await stat(egress.paths.egress.seen)).size).toBeGreaterThan(0);
  });
});

function rootMissing(): string | undefined {
  return process.getuid?.() === 0 ? undefined : "mounting a tmpfs needs root";
}
