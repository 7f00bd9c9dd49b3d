// Another Dockerfile for a bottle that runs: the agent is a new one, and all else stays; whatever fails leaves the old one.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { dockerBackend } from "#backends/docker/index.ts";
import { namesOf } from "#backends/docker/names.ts";
import type { Bottle, LaunchStep } from "#contracts/backend.ts";
import { bottlePaths } from "#lib/paths.ts";
import { newBottles, script, view, type Bottles } from "#tests/helpers/bottles.ts";
import { BASE_IMAGE } from "#tests/helpers/docker/base-image.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { inside, inspect } from "./engine.ts";
import { dockerThings } from "./things.ts";

const WITH_TOOL = `FROM ${BASE_IMAGE}
RUN printf '#!/bin/sh\\necho a new tool\\n' >/usr/local/bin/new-tool && chmod 755 /usr/local/bin/new-tool
`;

describe("a rebuild", await requireDocker(), () => {
  let bottles: Bottles;
  let from: string;
  beforeAll(() => {
    bottles = newBottles((root) => dockerBackend({ root, env: process.env }));
    from = mkdtempSync(join(tmpdir(), "workspace-"));
    writeFileSync(join(from, "mine.txt"), "the operator's\n");
  });
  afterAll(async () => {
    await bottles.end();
    rmSync(from, { recursive: true });
  });

  const launched = async (argv = script("echo home >~/note; echo ready; exec sh")): Promise<Bottle> => {
    const bottle = await bottles.launch({ argv, copyCwd: from, env: { ...specEnv, KEPT: "kept by init" } });
    await (await view(bottle)).shows("ready");
    return bottle;
  };
  const rebuild = (bottle: Bottle, dockerfile: string) =>
    bottle.rebuild!(dockerfile, () => {}, new AbortController().signal);

  test("gives the agent its tool, and keeps home, workspace, environment, approvals and sidecars", async () => {
    const bottle = await launched();
    const { slug } = bottle;
    const paths = bottlePaths(bottles.root, slug);
    writeFileSync(paths.egress.routes, "routes:\n  - host: approved.example\n");
    const [things, sidecars] = [await dockerThings(bottles.root, slug), await inspect(namesOf(slug).sidecars)];

    await rebuild(bottle, WITH_TOOL);

    expect(await inside(slug, "new-tool")).toBe("a new tool");
    expect(await inside(slug, "cat", "/home/node/note", "/home/node/workspace/mine.txt")).toBe("home\nthe operator's");
    const viewer = await view(bottle);
    viewer.terminal.write('clear; echo "$KEPT"; pwd\r');
    await viewer.shows(/kept by init\s+\/home\/node\/workspace/);
    viewer.terminal.detach();
    expect(readFileSync(paths.egress.routes, "utf8")).toContain("approved.example");
    expect((await inspect(namesOf(slug).sidecars)).State).toEqual(sidecars.State);
    expect(await dockerThings(bottles.root, slug)).toEqual(things);
    expect(await bottle.status()).toMatchObject({ phase: "running" });
    expect(existsSync(paths.agent.exit)).toBe(false);

    // Once more, and after a stop it is what the bottle is made from.
    await rebuild(bottle, `${WITH_TOOL}RUN ln -s new-tool /usr/local/bin/newer-tool\n`);
    expect(await inside(slug, "newer-tool")).toBe("a new tool");
    await bottle.stop();
    await bottles.launch({ slug, resume: true, argv: script("newer-tool; exec sh") });
    await (await view(bottle)).shows("a new tool");
    await bottle.remove();
  });

  test("shows the old agent nothing of the new one's boot, which it could answer first", async () => {
    const thief = `
      const { existsSync, writeFileSync } = require("fs");
      setInterval(() => {
        for (const name of ["boot.sock", "tries.json"])
          if (existsSync("/run/bottle/boot/" + name)) writeFileSync("/home/node/seen", name);
      }, 1);
      // A server of the agent's own is no stranger to the container that takes over.
      require("http").createServer().listen(80, "0.0.0.0", () => console.log("ready"));`;
    const bottle = await launched(["/opt/bottle-dash/node", "-e", thief]);
    await rebuild(bottle, WITH_TOOL);
    expect(await inside(bottle.slug, "new-tool")).toBe("a new tool");
    await rebuild(bottle, `${WITH_TOOL}RUN true\n`); // back in the first one's place
    expect(await inside(bottle.slug, "cat", "/home/node/seen")).toMatch(/No such file/);
    await bottle.remove();
    expect(await dockerThings(bottles.root, bottle.slug)).toEqual([]);
  });

  test("that cannot be built leaves the old agent as it was", async () => {
    const bottle = await launched();
    const before = await inspect(namesOf(bottle.slug).agent);
    await expect(rebuild(bottle, `FROM ${BASE_IMAGE}\nRUN echo no luck; exit 3\n`)).rejects.toThrow(/exit 3/);
    const after = await inspect(namesOf(bottle.slug).agent);
    expect([after.Id, after.State]).toEqual([before.Id, before.State]);
    expect(existsSync(bottlePaths(bottles.root, bottle.slug).agent.dockerfile)).toBe(false);
    await bottle.remove();
  });

  test("that does not prove its walls leaves the old agent as it was", async () => {
    const bottle = await launched();
    const before = await inspect(namesOf(bottle.slug).agent);
    const proved = readFileSync(bottlePaths(bottles.root, bottle.slug).isolation, "utf8");
    await expect(rebuild(bottle, `FROM ${BASE_IMAGE}\nVOLUME /somewhere\n`)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("nothing else is mounted"),
    });
    const after = await inspect(namesOf(bottle.slug).agent);
    expect([after.Id, after.State]).toEqual([before.Id, before.State]);
    expect(readFileSync(bottlePaths(bottles.root, bottle.slug).isolation, "utf8")).toBe(proved);
    await bottle.remove();
    expect(await dockerThings(bottles.root, bottle.slug)).toEqual([]);
  });

  test("that is interrupted in any of its steps leaves the old agent as it was", { timeout: 180_000 }, async () => {
    const bottle = await launched();
    const [before, things] = [await inspect(namesOf(bottle.slug).agent), await dockerThings(bottles.root, bottle.slug)];
    for (const step of ["make the sandbox", "prove the isolation", "start the agent"]) {
      const interrupt = new AbortController();
      const progress = (report: LaunchStep): void => {
        if (report.step === step) interrupt.abort();
      };
      await expect(bottle.rebuild!(WITH_TOOL, progress, interrupt.signal)).rejects.toThrow(/interrupted/);
      const after = await inspect(namesOf(bottle.slug).agent);
      expect({ step, id: after.Id, state: after.State }).toEqual({ step, id: before.Id, state: before.State });
      expect(await dockerThings(bottles.root, bottle.slug)).toEqual(things);
    }
    expect(await bottle.status()).toMatchObject({ phase: "running" });
    await bottle.remove();
  });

  test("that is asked for while another one is at it is refused, and the first one goes on", async () => {
    const bottle = await launched();
    const claimed = Promise.withResolvers<void>();
    const first = bottle.rebuild!(
      WITH_TOOL,
      ({ step }) => {
        if (step === "make the sandbox") claimed.resolve();
      },
      new AbortController().signal,
    );
    await claimed.promise;
    await expect(rebuild(bottle, WITH_TOOL)).rejects.toMatchObject({ code: "conflict" });
    await first;
    expect(await inside(bottle.slug, "new-tool")).toBe("a new tool");
    await bottle.remove();
  });

  test("that lacks the agent's program starts the old agent again", async () => {
    const bottle = await launched(["/bin/bash", "-c", "echo home >>~/note; echo ready; exec bash --norc"]);
    const before = await inspect(namesOf(bottle.slug).agent);
    await expect(rebuild(bottle, `FROM ${BASE_IMAGE}\nRUN rm /bin/bash\n`)).rejects.toThrow(/bash/);
    const after = await inspect(namesOf(bottle.slug).agent);
    expect([after.Id, after.State.Running]).toEqual([before.Id, true]);
    expect(await bottle.status()).toMatchObject({ phase: "running" });
    await expect.poll(() => inside(bottle.slug, "cat", "/home/node/note"), { timeout: 15_000 }).toBe("home\nhome");
    await bottle.remove();
    expect(await dockerThings(bottles.root, bottle.slug)).toEqual([]);
  });

  test("of a bottle that does not run is refused", async () => {
    const bottle = await launched();
    await bottle.stop();
    await expect(rebuild(bottle, WITH_TOOL)).rejects.toMatchObject({ code: "unavailable" });
    await bottle.remove();
  });
});

const specEnv = {
  PATH: "/opt/bottle-dash:/usr/local/bin:/usr/bin:/bin",
  TERM: "xterm-256color",
  HOME: "/home/node",
  PS1: "$ ",
};
