// A bottle's limits hold for all of its processes together where control groups can be made, and leave nothing behind.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { localBackend } from "#backends/local/index.ts";
import { findCgroups, limitsFor } from "#backends/local/sandbox/limits.ts";
import { linesOf, newBottles, script, view, type Bottles } from "#tests/helpers/bottles.ts";
import { requirement } from "#tests/helpers/require.ts";

import { requireMechanism } from "./require-mechanism.ts";

const host = findCgroups();
const cgroups: { skip: boolean; meta: object } = requirement("cgroups", () =>
  host === undefined ? "control groups can be made only by root, and where /sys/fs/cgroup is writable" : undefined,
);

for (const mechanism of ["bubblewrap", "util-linux"] as const) {
  const required = await requireMechanism(mechanism);
  describe(`limits of a bottle by ${mechanism}`, required.skip ? required : cgroups, () => {
    let bottles: Bottles;
    beforeAll(() => {
      bottles = newBottles((root) => localBackend({ root, mechanism }));
    });
    afterAll(() => bottles.end());

    test("of memory end what takes too much, and not the agent", async () => {
      const greedy = "const a=[];for(let i=0;i<40;i++)a.push(Buffer.alloc(2e7,1));console.log('took it')";
      const bottle = await bottles.launch({
        resources: { memory: 300_000_000 },
        argv: script(`node -e "${greedy}"; echo "ended $?"; node -p '"small "+1'; read go`),
      });
      const viewer = await view(bottle);
      expect(await viewer.shows("small 1")).toMatch(/ended 137/);
      viewer.terminal.detach();
      const { groups } = limitsFor(bottle.slug, { memory: 1 }, host);
      expect(groups.map(({ folder }) => existsSync(folder))).toEqual([true]);
      await bottle.stop();
      expect(groups.map(({ folder }) => existsSync(folder))).toEqual([false]);
    });

    test("of processes hold also when nobody asked for them", async () => {
      const bottle = await bottles.launch({});
      const file = limitsFor(bottle.slug, { pids: 1 }, host).groups.map(({ folder }) => join(folder, "pids.max"));
      expect(file.map((path) => readFileSync(path, "utf8"))).toEqual(["512\n"]);
      await bottle.stop();
    });

    test("of processes stop a fork bomb", async () => {
      const bottle = await bottles.launch({
        resources: { pids: 60 },
        // dash gives up when it cannot fork.
        argv: script("for i in $(seq 1 100); do sleep 9001 & done; read go"),
      });
      await expect
        .poll(async () => bottle.status(), { timeout: 15_000 })
        .toMatchObject({ phase: "exited", exit_code: 2 });
      expect((await linesOf(bottle, bottles.root)).join("\n")).toContain("Cannot fork");
    });
  });
}
