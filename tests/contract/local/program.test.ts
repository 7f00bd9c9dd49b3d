// Programs of the operator's machine inside a local bottle: they run, by either maker, and nothing else of the operator's comes along.

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { localBackend } from "#backends/local/index.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { isProved } from "#domain/fleet/isolation.ts";
import { newBottles, script, specOf, view, type Bottles } from "#tests/helpers/bottles.ts";
import { startLauncher } from "#tests/helpers/launcher.ts";
import { addBinary, addPackages, giveAway, operatorHome, type OperatorHome } from "#tests/helpers/operator-programs.ts";
import { requirement } from "#tests/helpers/require.ts";

import { requireMechanism } from "./require-mechanism.ts";

const OPERATOR = 1_999_999_778;
const root = requirement("root", () => (process.getuid?.() === 0 ? undefined : "these tests become another user"));
const env = { ...specOf({ slug: "x" }).env, PATH: `${INSIDE.programs}:${INSIDE.agent}/bin:/usr/bin:/bin` };
const install = "npm install --global it";

for (const mechanism of ["bubblewrap", "util-linux"] as const) {
  describe(`a program of the operator's by ${mechanism}`, await requireMechanism(mechanism), () => {
    let bottles: Bottles;
    let operator: OperatorHome;
    beforeAll(() => {
      operator = operatorHome();
      addPackages(operator);
      addBinary(operator);
      bottles = newBottles((folder) =>
        localBackend({
          root: folder,
          mechanism,
          env: { PATH: `${operator.bin}:${process.env["PATH"] ?? ""}`, HOME: operator.home },
        }),
      );
    });
    afterAll(async () => {
      await bottles.end();
      operator.end();
    });

    test("of several packages runs, with all of them and nothing else of its folders", async () => {
      const bottle = await bottles.launch({
        program: { name: "tool", install },
        env,
        argv: script("tool a b; ls -A /opt/agent /opt/agent/bin; readlink /opt/agent/bin/tool; cd ~; exec cat"),
      });
      const viewer = await view(bottle);
      const screen = await viewer.shows(/made of two parts: a b[^]*\.\.\/node_modules\/@made\/tool\/bin\/tool\.js/);
      expect(screen.split("\n").slice(1, 6)).toEqual([
        "/opt/agent:",
        "bin  node_modules",
        "",
        "/opt/agent/bin:",
        "tool",
      ]);
      expect(isProved((await bottle.isolation())!)).toBe(true);
      viewer.terminal.detach();
      await bottle.stop();
    });

    test("of one file runs, without what lies beside it, and cannot be written", async () => {
      const bottle = await bottles.launch({
        program: { name: "single", install },
        env,
        argv: script(
          "single 40 + 2; find /opt/agent -type f; cat ~/../../opt/agent/lib/credentials; echo x > /opt/agent/lib/9.9.9; rm -f /opt/agent/bin/single; exec cat",
        ),
      });
      const viewer = await view(bottle);
      const screen = await viewer.shows(/rm: .*Read-only/);
      expect(screen).toMatch(/^42\n\/opt\/agent\/lib\/9\.9\.9\ncat: .*No such file[^\n]*\n[^\n]*9\.9\.9: Read-only/);
      viewer.terminal.detach();
      await bottle.stop();
    });

    test("leaves the operator's home absent", async () => {
      const bottle = await bottles.launch({
        program: { name: "tool", install },
        env,
        argv: script(
          `ls -d ${operator.home} ${operator.bin}; find / -xdev -name notes.txt 2>/dev/null; echo end; exec cat`,
        ),
      });
      const viewer = await view(bottle);
      const screen = await viewer.shows(/^end$/m);
      expect(screen.match(/No such file/g)).toHaveLength(2);
      expect(screen).not.toMatch(/^\/.*notes/m);
      viewer.terminal.detach();
      await bottle.stop();
    });

    test("is told of before the launch, with its package", async () => {
      const plan = await bottles.backend.plan(specOf({ slug: bottles.prepare(), program: { name: "tool", install } }));
      const shown = `${operator.home}/.nvm/versions/node/v24.0.0/lib/node_modules`;
      expect(plan.program).toEqual({
        name: "tool",
        file: `${shown}/@made/tool/bin/tool.js`,
        shown,
        version: "@made/tool 1.2.3",
      });
    });

    test("that is missing keeps the bottle from being planned, and says how to get it", async () => {
      const plan = bottles.backend.plan(specOf({ slug: bottles.prepare(), program: { name: "no-such", install } }));
      await expect(plan).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringMatching(/no-such is not on your PATH; install it: `npm install --global it`/),
      });
    });
  });

  describe(
    `an unprivileged operator's program by ${mechanism}`,
    root.skip ? root : await requireMechanism(mechanism),
    () => {
      test("runs out of a home that is closed", async () => {
        const operator = operatorHome();
        addPackages(operator);
        giveAway(operator, OPERATOR);
        const bottles = newBottles((folder) => localBackend({ root: folder, mechanism }), { owner: OPERATOR });
        const slug = bottles.prepare();
        const spec = specOf({ slug, program: { name: "tool", install }, env, argv: script("tool of mine; exec cat") });
        const launcher = startLauncher(
          { root: bottles.root, mechanism, spec },
          { as: OPERATOR, env: { PATH: `${operator.bin}:${process.env["PATH"] ?? ""}`, HOME: operator.home } },
        );
        try {
          expect(await launcher.line((line) => line.type === "end")).toMatchObject({ error: null });
          const viewer = await view(bottles.backend.open(slug));
          await viewer.shows("made of two parts: of mine");
          viewer.terminal.detach();
        } finally {
          launcher.process.kill("SIGKILL");
          await bottles.end();
          operator.end();
        }
      });
    },
  );
}
