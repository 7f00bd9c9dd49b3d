// A launch on docker as it goes wrong or differs from the common case.

import { existsSync, readFileSync, rmSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { dockerBackend } from "#backends/docker/index.ts";
import { launchDocker } from "#backends/docker/launch/launch.ts";
import { labels, namesOf } from "#backends/docker/names.ts";
import type { LaunchStep } from "#contracts/backend.ts";
import { bottlePaths } from "#lib/paths.ts";
import { newBottles, nothingNames, script, specOf, view, type Bottles } from "#tests/helpers/bottles.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { docker, dockerContext } from "./engine.ts";
import { dockerThings } from "./things.ts";

describe("a launch on docker", await requireDocker(), () => {
  let bottles: Bottles;
  beforeAll(() => {
    bottles = newBottles((root) => dockerBackend({ root, env: process.env }));
  });
  afterAll(() => bottles.end());

  test("is refused by an engine that has no folder of ours", async () => {
    const slug = bottles.prepare();
    const { init } = bottlePaths(bottles.root, slug);
    const launch = launchDocker(
      await bottles.backend.plan(specOf({ slug })),
      dockerContext(bottles.root),
      () => {},
      new AbortController().signal,
      {
        sidecars: (options) => {
          rmSync(init.dir, { recursive: true }); // as an engine elsewhere finds it
          return options;
        },
      },
    );
    await expect(launch).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("does not share our file system"),
    });
    expect(await dockerThings(bottles.root, slug)).toEqual([]);
  });

  test("says the last words of sidecars that do not start", async () => {
    const slug = bottles.prepare();
    const launch = launchDocker(
      await bottles.backend.plan(specOf({ slug })),
      dockerContext(bottles.root),
      () => {},
      new AbortController().signal,
      { sidecars: (options) => ({ ...options, Entrypoint: ["/bin/sh", "-c", "echo no luck today; exit 3"] }) },
    );
    await expect(launch).rejects.toThrow(/the sidecars ended before they were ready \(no luck today\)/);
    await nothingNames(slug);
    expect(await dockerThings(bottles.root, slug)).toEqual([]);
  });

  test("takes nothing away of another bottle's or another root's", async () => {
    const slug = bottles.prepare();
    const { home } = namesOf(`${slug}-other`);
    const label = Object.entries(labels("/another/root", slug, "home")).map(([name, value]) => `${name}=${value}`);
    await docker("volume", "create", ...label.flatMap((text) => ["--label", text]), home);
    try {
      const bottle = await bottles.launch({ slug });
      await bottle.remove();
      expect(await docker("volume", "ls", "--quiet", "--filter", `name=${home}`)).toBe(home);
    } finally {
      await docker("volume", "rm", home);
    }
  });

  test("that fails on resume leaves home and record of the bottle as they were", async () => {
    const slug = bottles.prepare();
    const bottle = await bottles.launch({ slug, argv: script("echo mine >~/note; exit 4") });
    await expect.poll(async () => (await bottle.status()).phase, { timeout: 15_000 }).toBe("exited");
    const { exit } = bottlePaths(bottles.root, slug).agent;
    const before = readFileSync(exit, "utf8");
    await expect(bottles.launch({ slug, resume: true, argv: ["no-such-agent"] })).rejects.toThrow(/no-such-agent/);
    expect(readFileSync(exit, "utf8")).toBe(before);
    const again = await bottles.launch({ slug, resume: true, argv: script("cat ~/note; read go") });
    await (await view(again)).shows("mine");
    expect(existsSync(exit)).toBe(false);
    await again.remove();
  });

  test("of a bottle that runs is refused, and the bottle goes on", async () => {
    const bottle = await bottles.launch({});
    await expect(bottles.launch({ slug: bottle.slug, resume: true })).rejects.toMatchObject({ code: "conflict" });
    expect(await bottle.status()).toMatchObject({ phase: "running" });
    await bottle.remove();
  });

  test("of bottles at once finds networks for each", { timeout: 240_000 }, async () => {
    const steps: LaunchStep[] = [];
    const launched = await Promise.all(
      Array.from({ length: 4 }, () => bottles.launch({}, { progress: (step) => steps.push(step) })),
    );
    const networks = launched.flatMap(({ slug }) => Object.values(namesOf(slug)).slice(2, 4));
    const subnets = await docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", ...networks);
    expect(new Set(subnets.split("\n")).size).toBe(8);
    await Promise.all(launched.map((bottle) => bottle.remove()));
    expect(steps.filter((step) => step.type === "step" && step.state === "failed")).toEqual([]);
  });
});
