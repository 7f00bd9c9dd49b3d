import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { RouteTable } from "#domain/egress/route.ts";
import { openLimits } from "#sidecars/egress/limits/open-limits.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const route = { host: "api.example.com", limits: { bytes_per_day: 100 } };
const table: RouteTable = { version: 1, on_unknown_host: "block", hold_seconds: 1, hosts: {}, routes: [route] };

let folder: string;
let path: string;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "limits-"));
  path = join(folder, "usage.json");
  said = [];
});
afterEach(() => rm(folder, { recursive: true }));

const open = (now = NOON) =>
  openLimits(
    path,
    () => table,
    (message) => said.push(message),
    () => now,
  );
const use = (limits: Awaited<ReturnType<typeof open>>, bytes: number) => {
  const admission = limits.admit(route, undefined);
  return admission.ok ? admission.meter.count(0, bytes) : admission.refusal;
};

describe("what was used today", () => {
  test("goes on after a restart, and begins anew on the next day", async () => {
    const first = await open();
    expect(use(first, 70)).toBeUndefined();
    await first.flush();
    const second = await open();
    expect(use(second, 31)).toMatchObject({ rule: "limits.bytes_per_day" });
    const tomorrow = await open(NOON + 86_400_000);
    expect(use(tomorrow, 100)).toBeUndefined();
  });

  test("is written by itself, a while after it changed", async () => {
    use(await open(), 70);
    await expect
      .poll(() => readFile(path, "utf8").then(JSON.parse, () => undefined), { timeout: 5000 })
      .toEqual({
        version: 1,
        day: "2026-01-01",
        requests: 1,
        bytes: 70,
        routes: { "api.example.com:443": { bytes: 70 } },
      });
  });

  test.each(["", "{", "[]", '{"version":1}', '{"version":1,"day":"2026-01-01","requests":-1,"bytes":0,"routes":{}}'])(
    "that is %j on the disk counts as used up, says so, and is left for the operator",
    async (text) => {
      await writeFile(path, text);
      const limits = await open();
      expect(use(limits, 1)).toMatchObject({ status: 429, rule: "usage unknown" });
      expect(said).toHaveLength(1);
      expect(said[0]).toContain(path);
      await limits.flush();
      expect(await readFile(path, "utf8")).toBe(text);
      await rm(path);
      await limits.reread();
      expect(use(limits, 1)).toBeUndefined();
    },
  );

  test("that cannot be read is known again on the next day", async () => {
    await writeFile(path, "{");
    let now = NOON;
    const limits = await openLimits(
      path,
      () => table,
      () => {},
      () => now,
    );
    expect(use(limits, 1)).toMatchObject({ rule: "usage unknown" });
    now += 86_400_000;
    expect(use(limits, 1)).toBeUndefined();
  });

  test("that cannot be written is said once, and still holds", async () => {
    const limits = await open();
    await mkdir(path);
    use(limits, 70);
    await limits.flush();
    use(limits, 0);
    await limits.flush();
    expect(said).toHaveLength(1);
    expect(use(limits, 31)).toMatchObject({ rule: "limits.bytes_per_day" });
  });
});
