import { describe, expect, test } from "vitest";

import { chooseBackend, wantedBackend } from "#core/launch/choose-backend.ts";
import { fakeBackend } from "#tests/helpers/fake-backend.ts";

const down = async () => ({ available: false as const, why: "it is not there", hint: "start it" });
const local = fakeBackend("/nowhere", { name: "local" });
const docker = fakeBackend("/nowhere", { name: "docker" });
const broken = fakeBackend("/nowhere", { name: "docker:far", host: "far", probe: down });

describe("the backend that is wanted", () => {
  const none = { name: "dev", backend: undefined };
  const own = { name: "dev", backend: "docker" };
  test.each([
    ["what was asked for", "a", own, "b", "c", { name: "a", where: "backend" }],
    ["the definition's", undefined, own, "b", "c", { name: "docker", where: "bottle dev: backend" }],
    ["that of BOTTLE_BACKEND", undefined, none, "b", "c", { name: "b", where: "BOTTLE_BACKEND" }],
    ["that of config.yml", undefined, none, "", "c", { name: "c", where: "config.yml: backend" }],
    ["whichever works", undefined, none, undefined, undefined, undefined],
  ])("is %s", (_what, asked, bottle, env, configured, expected) => {
    expect(wantedBackend(asked, bottle, env === undefined ? {} : { BOTTLE_BACKEND: env }, configured)).toEqual(
      expected,
    );
  });
});

describe("choosing a backend", () => {
  test("takes the first that works, in their order", async () => {
    expect((await chooseBackend([local, docker], undefined)).backend.name).toBe("local");
    expect((await chooseBackend([broken, docker, local], undefined)).backend.name).toBe("docker");
  });

  test("takes the one that is named, and no other when that does not work", async () => {
    expect((await chooseBackend([local, docker], { name: "docker", where: "backend" })).backend.name).toBe("docker");
    await expect(chooseBackend([local, broken], { name: "docker:far", where: "backend" })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(
        "the backend docker:far does not work here (docker:far: it is not there; start it)",
      ),
    });
  });

  test("says who named one that is not there, and what there is", async () => {
    await expect(chooseBackend([local, docker], { name: "podman", where: "BOTTLE_BACKEND" })).rejects.toThrow(
      'BOTTLE_BACKEND: there is no backend "podman"; use one of: local, docker',
    );
    await expect(chooseBackend([local], { name: "docker:x", where: "backend" })).rejects.toThrow(
      "add it to docker.hosts in config.yml",
    );
  });

  test("says what is wrong with each when none works", async () => {
    await expect(chooseBackend([broken], undefined)).rejects.toThrow(
      "no backend works here (docker:far: it is not there",
    );
  });
});
