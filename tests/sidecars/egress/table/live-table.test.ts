import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { TableRoute } from "#domain/egress/route.ts";
import { renderRouteTable } from "#domain/egress/table.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { type InForce, type LiveTable, openLiveTable } from "#sidecars/egress/table/live-table.ts";

let folder: string;
let path: string;
let live: LiveTable | undefined;
let changes: InForce[];
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "live-table-"));
  path = join(folder, "routes.yaml");
  changes = [];
  said = [];
});
afterEach(async () => {
  live?.close();
  live = undefined;
  await rm(folder, { recursive: true });
});

const text = (...routes: TableRoute[]): string =>
  renderRouteTable({ version: 1, on_unknown_host: "block", hold_seconds: 120, hosts: {}, routes });
const open = (): LiveTable =>
  (live = openLiveTable(path, { changed: (now) => changes.push(now), bad: (reason) => said.push(reason) }));
const hosts = (): string[] =>
  open_()
    .current()
    .table.routes.map(({ host }) => host);
const open_ = (): LiveTable => live ?? open();

const NARROW = text({ host: "a.example.com", methods: ["GET"], path_allowlist: ["/only/this"] });

describe("at the start", () => {
  test("the file is in force at once", () => {
    writeFileSync(path, NARROW);
    expect(hosts()).toEqual(["a.example.com"]);
    expect(open_().current()).not.toHaveProperty("error");
  });

  test.each([
    ["is missing", () => {}],
    ["is a folder", () => mkdirSync(path)],
    ["is a pipe that nobody writes to", () => execFileSync("mkfifo", [path])],
    ["is empty", () => writeFileSync(path, "")],
    ["is larger than 1 MiB", () => writeFileSync(path, `${NARROW}#${"x".repeat(1_048_576)}\n`)],
    ["is no table", () => writeFileSync(path, "routes: [\n")],
    ["is not text", () => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00, 0x0a]))],
    ["ends within a line", () => writeFileSync(path, NARROW.slice(0, NARROW.indexOf("    path_allowlist") - 1))],
  ])("a file that %s lets nothing through, and says why", (_what, make) => {
    make();
    const { table, error, version } = open().current();
    expect(table.routes).toEqual([]);
    expect(table.on_unknown_host).toBe("block");
    expect(error).toContain(path);
    expect(version).toBe(1);
    expect(said).toEqual([error]);
  });
});

describe("a file that comes by a rename", () => {
  test("is in force at the next look, without waiting", async () => {
    writeFileSync(path, NARROW);
    open();
    await writeAtomic(path, text({ host: "b.example.com" }));
    open_().reload();
    expect(hosts()).toEqual(["b.example.com"]);
    expect(changes).toHaveLength(1);
    expect(open_().current().version).toBe(2);
  });
});

describe("a file that is written in place", () => {
  test("is not in force before it was left alone for a moment: half of a table can be wider than the whole", async () => {
    writeFileSync(path, text());
    open();
    // Cut where a rule has its host but not yet what narrows it; it ends with a line feed and parses.
    const half = NARROW.slice(0, NARROW.indexOf("    methods"));
    writeFileSync(path, half);
    open_().reload();
    expect(hosts()).toEqual([]);
    appendFileSync(path, NARROW.slice(half.length));
    open_().reload();
    expect(hosts()).toEqual([]);
    await expect.poll(hosts).toEqual(["a.example.com"]);
    expect(changes.map(({ table }) => table.routes[0]?.methods)).toEqual([["GET"]]);
  });

  test("that ends within a line is not taken however long it stays so", async () => {
    writeFileSync(path, text());
    open();
    writeFileSync(path, NARROW.slice(0, -3));
    await expect.poll(() => open_().current().error).toContain("line feed");
    expect(hosts()).toEqual([]);
  });
});

describe("a file that goes bad", () => {
  test.each([
    ["is emptied", () => truncateSync(path)],
    ["is removed", () => rmSync(path)],
    [
      "is replaced by a pipe",
      () => {
        execFileSync("mkfifo", [`${path}.new`]);
        renameSync(`${path}.new`, path);
      },
    ],
    ["grows over 1 MiB", () => appendFileSync(path, `#${"x".repeat(1_048_576)}\n`)],
    ["does not parse", () => appendFileSync(path, "nonsense: true\n")],
  ])("because it %s leaves the last one in force, and says so once", async (_what, spoil) => {
    writeFileSync(path, NARROW);
    open();
    spoil();
    await expect.poll(() => open_().current().error).toContain(path);
    open_().reload();
    expect(hosts()).toEqual(["a.example.com"]);
    expect(said).toHaveLength(1);
    expect(changes).toEqual([]);
    rmSync(path, { force: true });
    await writeAtomic(path, text({ host: "b.example.com" }));
    await expect.poll(hosts).toEqual(["b.example.com"]);
    expect(open_().current()).not.toHaveProperty("error");
  });

  test("and then is again what is in force has no error, and is no new version", async () => {
    writeFileSync(path, NARROW);
    open();
    await writeAtomic(path, "nonsense\n");
    await expect.poll(() => open_().current().error).toBeDefined();
    await writeAtomic(path, NARROW);
    await expect.poll(() => open_().current().error).toBeUndefined();
    expect(open_().current().version).toBe(1);
    expect(changes).toEqual([]);
  });
});
