// What becomes of a local bottle when one of the processes around its agent is killed.

import { existsSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { localBackend } from "#backends/local/index.ts";
import type { BackendEvent } from "#contracts/backend.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readPidFile } from "#lib/process-identity.ts";
import {
  newBottles,
  nothingNames,
  processesNaming,
  script,
  specOf,
  view,
  type Bottles,
} from "#tests/helpers/bottles.ts";
import { startLauncher, type LauncherLine } from "#tests/helpers/launcher.ts";

import { requireMechanism } from "./require-mechanism.ts";

const step = (name: string, state: string) => (line: LauncherLine) =>
  line.type === "step" && line.step === name && line.state === state;

for (const mechanism of ["bubblewrap", "util-linux"] as const) {
  describe(`a bottle by ${mechanism}`, await requireMechanism(mechanism), () => {
    let bottles: Bottles;
    beforeAll(() => {
      bottles = newBottles((root) => localBackend({ root, mechanism }));
    });
    afterAll(() => bottles.end());

    test("lives on when its launcher is killed, and is found again", async () => {
      const slug = bottles.prepare();
      const launcher = startLauncher({ root: bottles.root, mechanism, spec: specOf({ slug }) });
      expect(await launcher.line((line) => line.type === "end")).toMatchObject({ error: null });
      launcher.process.kill("SIGKILL");
      await launcher.exited;
      const bottle = bottles.backend.open(slug);
      expect(await bottle.status()).toMatchObject({ phase: "running" });
      const viewer = await view(bottle);
      viewer.terminal.write("echo alive-$((1+1))\r");
      await viewer.shows("alive-2");
      viewer.terminal.detach();
      await bottle.stop();
    });

    test.each([
      ["prepare", "done"],
      ["start sidecars", "started"],
      ["start sidecars", "done"],
      ["make the sandbox", "started"],
      ["make the sandbox", "done"],
      ["prove the isolation", "started"],
      ["prove the isolation", "done"],
      ["start the agent", "started"],
    ])("leaves nothing running when its launcher is killed at %j %s, or goes on whole", async (name, state) => {
      const slug = bottles.prepare();
      const launcher = startLauncher({
        root: bottles.root,
        mechanism,
        spec: specOf({ slug, argv: script("sleep 5001") }),
      });
      await launcher.line(step(name, state));
      launcher.process.kill("SIGKILL");
      await launcher.exited;
      const bottle = bottles.backend.open(slug);
      // Killed that late, the order to start may be out already; then it is a bottle as any other.
      if (launcher.lines.some(step("start the agent", "started"))) {
        await vi.waitFor(async () => {
          const { phase } = await bottle.status();
          if (phase === "running") expect(processesNaming("sleep 5001")).not.toEqual([]);
          else expect(processesNaming(slug)).toEqual([]);
        }, 10_000);
        await bottle.stop();
      }
      await nothingNames(slug);
      await nothingNames("sleep 5001");
      const again = await bottles.launch({ slug, resume: true });
      expect(await again.status()).toMatchObject({ phase: "running" });
      await again.stop();
    });

    test("dies with the holder of its terminal, is then lost, and can be stopped and resumed", async () => {
      const bottle = await bottles.launch({ argv: script("sleep 6001") });
      const paths = bottlePaths(bottles.root, bottle.slug);
      const events: BackendEvent[] = [];
      const stop = new AbortController();
      await bottles.backend.watch((event) => events.push(event), stop.signal);
      process.kill(readPidFile(paths.agent.pid)!.pid, "SIGKILL");
      await nothingNames("sleep 6001");
      await expect
        .poll(() => events)
        .toContainEqual(
          expect.objectContaining({
            type: "run-status",
            slug: bottle.slug,
            status: expect.objectContaining({ phase: "lost" }),
          }),
        );
      expect(await bottle.status()).toMatchObject({ phase: "lost" });
      stop.abort();
      await bottle.stop();
      await nothingNames(bottle.slug);
      const again = await bottles.launch({ slug: bottle.slug, resume: true });
      expect(await again.status()).toMatchObject({ phase: "running" });
      await again.stop();
    });

    test("gets nothing out while its egress is down, and has it back after", async () => {
      const request =
        "http.get({host:'127.0.0.1',port:9099,path:'http://_egress.local/allowlist',headers:{host:'_egress.local'},agent:false},r=>{console.log(process.argv[1]+' answered',r.statusCode);r.resume()}).on('error',e=>console.log(process.argv[1]+' answered',e.code))";
      const bottle = await bottles.launch({});
      const viewer = await view(bottle);
      let asked = 0;
      const ask = async (): Promise<string> => {
        asked += 1;
        viewer.terminal.write(`node -e "${request}" n${asked}\r`);
        const answer = new RegExp(`n${asked} answered (\\w+)$`, "m");
        return answer.exec(await viewer.shows(answer))![1]!;
      };
      expect(await ask()).toBe("200");
      // Stopped, it is not restarted: the time in which nothing answers lasts as long as the test needs.
      const [egress] = processesNaming(`--slug ${bottle.slug}`);
      const init = readPidFile(bottlePaths(bottles.root, bottle.slug).init.pid)!.pid;
      process.kill(init, "SIGSTOP");
      process.kill(egress!, "SIGKILL");
      expect(await ask()).toMatch(/^E/);
      process.kill(init, "SIGCONT");
      await expect
        .poll(() => processesNaming(`--slug ${bottle.slug}`).filter((pid) => pid !== egress), { timeout: 10_000 })
        .toHaveLength(1);
      await vi.waitFor(async () => expect(await ask()).toBe("200"), 15_000);
      viewer.terminal.detach();
      await bottle.stop();
    });

    test("is stopped whole when its sidecars are gone already", async () => {
      const bottle = await bottles.launch({});
      const init = readPidFile(bottlePaths(bottles.root, bottle.slug).init.pid)!.pid;
      process.kill(init, "SIGKILL");
      await bottle.stop();
      await nothingNames(bottle.slug);
      expect(await bottle.status()).toMatchObject({ phase: "stopped" });
    });

    test("is not launched twice", async () => {
      const bottle = await bottles.launch({});
      await expect(bottles.launch({ slug: bottle.slug, resume: true })).rejects.toMatchObject({ code: "conflict" });
      expect(await bottle.status()).toMatchObject({ phase: "running" });
      await bottle.stop();
    });

    test("is not confused with a stranger that got the number of its dead process", async () => {
      const slug = bottles.prepare();
      const bottle = await bottles.launch({ slug });
      await bottle.stop();
      const { agent, init } = bottlePaths(bottles.root, slug);
      writeFileSync(agent.pid, `${process.pid} 1\n`);
      writeFileSync(init.pid, `${process.pid}\n`);
      await bottle.stop(); // would end this test run
      expect(existsSync(agent.pid)).toBe(false);
    });
  });
}
