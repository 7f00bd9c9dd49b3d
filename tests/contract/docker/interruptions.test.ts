// A launcher that is killed, wherever it is: what it left is cleared away by whoever comes next.

import { existsSync, readdirSync, rmSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { dockerBackend } from "#backends/docker/index.ts";
import { bottlePaths } from "#lib/paths.ts";
import { newBottles, nothingNames, specOf, type Bottles } from "#tests/helpers/bottles.ts";
import { requireDocker } from "#tests/helpers/docker.ts";
import { startLauncher } from "#tests/helpers/launcher.ts";

import { dockerThings } from "./things.ts";

const STEPS = ["prepare", "start sidecars", "make the sandbox", "prove the isolation", "start the agent"];
const MOMENTS = STEPS.flatMap((step) => (["started", "done"] as const).map((state) => ({ step, state })));

describe("a launcher that is killed", await requireDocker(), () => {
  let bottles: Bottles;
  beforeAll(async () => {
    bottles = newBottles((root) => dockerBackend({ root, env: process.env }));
    await (await bottles.launch({})).remove(); // from here on the images are there
  }, 180_000);
  afterAll(() => bottles.end());

  const killedAt = async (slug: string, step: string, state: "started" | "done"): Promise<void> => {
    const launcher = startLauncher({ root: bottles.root, mechanism: "docker", spec: specOf({ slug }) });
    await launcher.line((line) => line.type === "step" && line.step === step && line.state === state);
    launcher.process.kill("SIGKILL");
    await launcher.exited;
  };
  const leftOnDisk = (slug: string): string[] => {
    const { agent, init } = bottlePaths(bottles.root, slug);
    return [
      ...(existsSync(agent.boot) ? readdirSync(agent.boot) : []),
      ...[init.socket, init.pid, agent.launcher].filter((path) => existsSync(path)),
    ];
  };

  test.each(MOMENTS)("while $step is $state leaves nothing that removing does not find", async ({ step, state }) => {
    const slug = bottles.prepare();
    await killedAt(slug, step, state);
    const bottle = bottles.backend.open(slug);
    await bottle.stop();
    await nothingNames(slug);
    expect(leftOnDisk(slug)).toEqual([]);
    expect(await bottle.status()).not.toMatchObject({ phase: "running" });
    await bottle.remove();
    expect(await dockerThings(bottles.root, slug)).toEqual([]);
  });

  test.each(["start sidecars", "prove the isolation"])(
    "while it says %s does not keep the next one from launching the bottle",
    async (step) => {
      const slug = bottles.prepare();
      await killedAt(slug, step, "started");
      const bottle = await bottles.launch({ slug });
      expect(await bottle.status()).toMatchObject({ phase: "running" });
      await bottle.remove();
      await nothingNames(slug);
      expect(await dockerThings(bottles.root, slug)).toEqual([]);
    },
  );

  test.each(["prepare", "start sidecars", "prove the isolation"])(
    "or asked to stop while it says %s starts no agent afterwards",
    async (step) => {
      const slug = bottles.prepare();
      const launcher = startLauncher({ root: bottles.root, mechanism: "docker", spec: specOf({ slug }) });
      await launcher.line((line) => line.type === "step" && line.step === step);
      const bottle = bottles.backend.open(slug);
      await bottle.stop();
      const standing = await bottle.status();
      await launcher.line((line) => line.type === "end");
      launcher.process.kill("SIGKILL");
      await launcher.exited;
      expect([standing.phase, (await bottle.status()).phase]).not.toContain("running");
      await nothingNames(slug);
      expect(leftOnDisk(slug)).toEqual([]);
      await bottle.remove();
      expect(await dockerThings(bottles.root, slug)).toEqual([]);
    },
  );

  test("leaves a bottle that ends by itself, since nobody will give it an order", { timeout: 150_000 }, async () => {
    const slug = bottles.prepare();
    await killedAt(slug, "prove the isolation", "started");
    await nothingNames(slug, 120_000); // the sidecars wait for an agent for a minute
    expect(await bottles.backend.open(slug).status()).not.toMatchObject({ phase: "running" });
    await bottles.backend.open(slug).remove();
  });

  test("leaves what is found also when the state folder is gone", async () => {
    const slug = bottles.prepare();
    await killedAt(slug, "prove the isolation", "started");
    rmSync(bottlePaths(bottles.root, slug).state, { recursive: true });
    expect(await bottles.backend.leftovers!()).toEqual([slug]);
    await bottles.backend.open(slug).remove();
    expect(await bottles.backend.leftovers!()).toEqual([]);
    expect(await dockerThings(bottles.root, slug)).toEqual([]);
  });
});
