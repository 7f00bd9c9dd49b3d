// The local backend for an operator who is not root: launch, proof, terminal, stop, by a uid without any privilege.

import { chmodSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { localBackend } from "#backends/local/index.ts";
import { newBottles, nothingNames, specOf, view } from "#tests/helpers/bottles.ts";
import { requirement } from "#tests/helpers/require.ts";
import { startLauncher } from "#tests/helpers/launcher.ts";

import { requireMechanism } from "./require-mechanism.ts";

const OPERATOR = 1_999_999_777;
const root: { skip: boolean; meta: object } = requirement("root", () =>
  process.getuid?.() === 0 ? undefined : "these tests become another user",
);

for (const mechanism of ["bubblewrap", "util-linux"] as const) {
  const required = await requireMechanism(mechanism);
  describe(`an unprivileged operator with ${mechanism}`, root.skip ? root : required, () => {
    test("launches a bottle whose walls are proved, and ends it", async () => {
      const bottles = newBottles((folder) => localBackend({ root: folder, mechanism }), { owner: OPERATOR });
      chmodSync(bottles.root, 0o700);
      const slug = bottles.prepare();
      const env = { PATH: process.env["PATH"] ?? "", HOME: bottles.root };
      const launcher = startLauncher({ root: bottles.root, mechanism, spec: specOf({ slug }) }, { as: OPERATOR, env });
      try {
        const end = await launcher.line((line) => line.type === "end");
        expect(end).toMatchObject({ error: null });
        if (end.type !== "end") throw new Error("unreachable");
        expect(end.isolation!.checks.filter(({ ok, required: demanded }) => demanded && !ok)).toEqual([]);
        expect(end.isolation!.checks.find(({ name }) => name === "not root on the host")!.evidence).toContain(
          String(OPERATOR),
        );
        const viewer = await view(bottles.backend.open(slug));
        viewer.terminal.write("clear; id; touch ~/mine && stat -c %u ~/mine; echo to-stderr > /dev/stderr\r");
        await viewer.shows(/uid=1000\(node\) gid=1000\(node\)[^]*1000\s+to-stderr/);
        viewer.terminal.write("clear; grep 'Max processes' /proc/self/limits /proc/1/limits\r");
        await viewer.shows(/self\/limits:Max processes +512 +512/);
        viewer.terminal.detach();
      } finally {
        launcher.process.kill("SIGKILL");
        await bottles.end();
      }
      await nothingNames(slug);
    });
  });
}
