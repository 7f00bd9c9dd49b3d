import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { connectEngine } from "#backends/docker/engine/connect.ts";
import { parseEndpoint } from "#backends/docker/engine/endpoint.ts";
import type { Engine } from "#backends/docker/engine/engine.ts";
import { createImages } from "#backends/docker/images/create-images.ts";
import type { AgentImage, Images } from "#backends/docker/images/images.ts";
import { bottlePaths } from "#lib/paths.ts";
import { dockerHost, requireDocker } from "#tests/helpers/docker.ts";

// Real builds, several of them in a test: a machine that is busy takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let folder: string;
let root: string;
let engine: Engine;
let images: Images;
let said: string[];
const signal = new AbortController().signal;
const output = (line: string): void => void said.push(line);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "images-"));
  root = join(folder, "root");
  engine = connectEngine(parseEndpoint(dockerHost(), "test", undefined), "local");
  images = createImages(engine, root);
  said = [];
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  const filters = JSON.stringify({ label: [`test.unique=${folder}`] });
  const left = await engine.docker.listImages({ filters }).catch(() => []);
  for (const { RepoTags, Id } of left) {
    // A build that failed left what it came to without a name.
    const tags = RepoTags?.filter((tag) => tag !== "<none>:<none>") ?? [];
    for (const name of tags.length > 0 ? tags : [Id])
      await engine.docker
        .getImage(name)
        .remove()
        .catch(() => {}); // its parents go with the last of them
  }
});

/** A definition's own Dockerfile, in a folder of its own: `text` is never built before. */
function dockerfile(...lines: string[]): string {
  const path = join(folder, "image", "Dockerfile");
  mkdirSync(join(folder, "image"), { recursive: true });
  writeFileSync(path, ["FROM node:24-slim", `LABEL test.unique=${folder}`, ...lines, ""].join("\n"));
  return path;
}

async function ensure(path: string, until = signal): Promise<AgentImage> {
  const { agent } = await images.ensure({ kind: "dockerfile", path }, output, until);
  return agent;
}

async function run(image: AgentImage, ...command: string[]): Promise<string> {
  const options = { Image: image.id, Entrypoint: command, Tty: true, NetworkDisabled: true };
  const container = await engine.docker.createContainer(options);
  try {
    await container.start();
    await container.wait();
    const log = await container.logs({ stdout: true, stderr: true });
    return log.toString().trim().replaceAll("\r", "");
  } finally {
    await container.remove({ force: true });
  }
}

describe("an image from a definition's Dockerfile", await requireDocker(), () => {
  test("has the files beside it, our programs and the user node, and is built once", async () => {
    writeFileSync(dockerfile("ENV MINE=yes", "COPY greeting /greeting", "USER root"), "", { flag: "a" });
    writeFileSync(join(folder, "image", "greeting"), "hello");
    const path = join(folder, "image", "Dockerfile");
    const image = await ensure(path);
    expect(said.join("\n")).toMatch(/^Step 4\/\d : COPY greeting \/greeting$/m);
    expect(image.env).toMatchObject({ MINE: "yes", PATH: expect.any(String) as string });
    expect(await run(image, "sh", "-c", "id -un; cat /greeting; echo; ls -1 /opt/bottle-dash/dist/sidecars")).toBe(
      "node\nhello\nentrypoint.js\ntask.js",
    );
    expect(await run(image, "/opt/bottle-dash/node", "--version")).toMatch(/^v\d+/);

    said = [];
    expect(await ensure(path)).toEqual(image);
    expect(said).toEqual([]);
    writeFileSync(join(folder, "image", "greeting"), "good evening");
    expect((await ensure(path)).id).not.toBe(image.id);
  });

  test("whose step fails says which, and what it said last", async () => {
    const path = dockerfile("RUN echo before && false", "RUN never");
    await expect(ensure(path)).rejects.toMatchObject({
      code: "failed",
      where: `building ${path}`,
      message: expect.stringMatching(/Step 3\/\d+ : RUN echo before && false: ended with 1 \(before\)$/) as string,
    });
  });

  test("that needs what BuildKit alone knows says so", async () => {
    await expect(ensure(dockerfile("RUN --mount=type=cache,target=/x true"))).rejects.toMatchObject({
      hint: expect.stringContaining("BuildKit") as string,
    });
  });

  test("whose user node is root is refused", async () => {
    const path = dockerfile("RUN sed -i 's/^node:x:[0-9]*/node:x:0/' /etc/passwd");
    await expect(ensure(path)).rejects.toThrow(/the user node of a bottle's image must not be root/);
  });

  test("that has no user node gets one, with a home of its own", async () => {
    const image = await ensure(dockerfile("RUN userdel -r node; rm -rf /home/node"));
    expect(await run(image, "sh", "-c", "id -un; stat -c %U /home/node; echo $HOME")).toBe("node\nnode\n/home/node");
  });

  test("is made by one of two who want it at once", async () => {
    const path = dockerfile("RUN echo built");
    const [one, two] = await Promise.all([ensure(path), ensure(path)]);
    expect(one.id).toBe(two.id);
    expect(said.filter((line) => line === "built")).toHaveLength(1);
  });

  test("whose base is nowhere to be had says which, and how to bring it", async () => {
    const path = join(folder, "Dockerfile");
    writeFileSync(path, "FROM registry.invalid/none:1\n");
    await expect(ensure(path)).rejects.toMatchObject({
      code: "unavailable",
      where: "image registry.invalid/none:1",
      hint: expect.stringContaining("docker pull") as string,
    });
  });
});

describe("a build that is interrupted", await requireDocker(), () => {
  test("ends in the daemon too, and leaves no container", async () => {
    const marker = `sleep 7${process.pid}`;
    const interruption = new AbortController();
    const building = ensure(dockerfile(`RUN ${marker}`), interruption.signal);
    building.catch(() => {});
    const running = async (): Promise<boolean> =>
      (await engine.docker.listContainers({ all: true })).some(({ Command }) => Command.includes(marker));
    await vi.waitFor(async () => expect(await running()).toBe(true), { timeout: 40_000, interval: 100 });
    interruption.abort();
    await expect(building).rejects.toMatchObject({
      code: "failed",
      message: expect.stringContaining("was interrupted") as string,
    });
    await vi.waitFor(async () => expect(await running()).toBe(false), { timeout: 40_000, interval: 100 });
  });
});

describe("an image from a proposed Dockerfile", await requireDocker(), () => {
  test("is built without any files, and is the same when the bottle is resumed", async () => {
    const text = `FROM node:24-slim\nLABEL test.unique=${folder}\nRUN touch /proposed\n`;
    const image = await images.buildDockerfile(text, output, signal);
    const { agent } = bottlePaths(root, "demo-abc12");
    mkdirSync(agent.dir, { recursive: true });
    writeFileSync(agent.dockerfile, text);
    writeFileSync(join(agent.dir, "secret"), "secret");
    expect(await ensure(agent.dockerfile)).toEqual(image);
  });

  test("cannot copy anything of the operator's", async () => {
    const text = `FROM node:24-slim\nLABEL test.unique=${folder}\nCOPY etc /mine\n`;
    await expect(images.buildDockerfile(text, output, signal)).rejects.toThrow(/COPY failed/);
  });
});

test("an image of ours that is none is refused before anything is asked", async () => {
  const ensured = images.ensure({ kind: "ours", name: "../../etc" }, output, signal);
  await expect(ensured).rejects.toMatchObject({
    code: "invalid",
    message: expect.stringContaining("there is no image") as string,
  });
});
