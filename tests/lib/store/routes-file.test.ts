import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { describe, expect, test } from "vitest";

import type { RouteTable } from "#domain/egress/route.ts";
import { sha256 } from "#lib/hash.ts";
import { bottlePaths } from "#lib/paths.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { changeRoutes, readRoutes, withRoutesLock, writeRoutes } from "#lib/store/routes-file.ts";
import { newQueue, outputOf, runModule } from "#tests/helpers/store.ts";

const TABLE: RouteTable = { version: 1, on_unknown_host: "block", hold_seconds: 120, hosts: {}, routes: [] };
const fileOf = ({ root, slug }: QueueOf): string => bottlePaths(root, slug).egress.routes;

async function running(): Promise<QueueOf> {
  const of = newQueue();
  await writeRoutes(of, TABLE);
  return of;
}

describe("the route table on disk", () => {
  test("is read with the digest that the proxy will show", async () => {
    const of = await running();
    expect(await readRoutes(of)).toEqual({ table: TABLE, digest: sha256(readFileSync(fileOf(of))) });
  });

  test("of a bottle that is gone is not made again", async () => {
    const of = newQueue();
    await expect(readRoutes(of)).rejects.toMatchObject({ code: "not-found" });
    await expect(withRoutesLock(of, () => Promise.resolve())).rejects.toMatchObject({ code: "not-found" });
    await expect(changeRoutes(of, (table) => table)).rejects.toMatchObject({ code: "not-found" });
    expect(existsSync(dirname(fileOf(of)))).toBe(false);
  });

  test("that is malformed is refused with file and line, and stays as it is", async () => {
    const of = await running();
    writeFileSync(fileOf(of), "version: 1\nroutes: nonsense\n");
    await expect(changeRoutes(of, (table) => ({ ...table, hosts: {} }))).rejects.toMatchObject({
      code: "invalid",
      where: expect.stringContaining("routes.yaml") as string,
    });
    expect(readFileSync(fileOf(of), "utf8")).toBe("version: 1\nroutes: nonsense\n");
  });

  test("is not written when nothing changed", async () => {
    const of = await running();
    writeFileSync(fileOf(of), `${readFileSync(fileOf(of), "utf8")}# by hand\n`);
    const before = readFileSync(fileOf(of), "utf8");
    await changeRoutes(of, (table) => table);
    expect(readFileSync(fileOf(of), "utf8")).toBe(before);
  });

  test("loses no change when several processes make one at once", async () => {
    const of = await running();
    mkdirSync(dirname(fileOf(of)), { recursive: true });
    const source = `
      import { changeRoutes } from "#lib/store/routes-file.ts";
      const [root, slug, name] = process.argv.slice(-3);
      for (let i = 0; i < 10; i++) await changeRoutes({ root, slug }, (table) => ({ ...table, routes: [...table.routes, { host: name + i + ".example.com" }] }));
    `;
    await Promise.all(["a", "b", "c"].map((name) => outputOf(runModule(source, [of.root, of.slug, name]))));
    const { table } = await readRoutes(of);
    expect(new Set(table.routes.map(({ host }) => host)).size).toBe(30);
  }, 30_000);
});
