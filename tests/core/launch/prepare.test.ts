import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { requestOf } from "#core/launch/kept-request.ts";
import { launch } from "#core/launch/launch.ts";
import { prepare } from "#core/launch/prepare.ts";
import { bottlePaths } from "#lib/paths.ts";
import { type FakeBackend, fakeBackend } from "#tests/helpers/fake-backend.ts";
import { NOW } from "#tests/helpers/store.ts";

const KEY =
  "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n";
const LOCKED =
  "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABDy5mZ\n";

let root: string;
let docker: FakeBackend;
let local: FakeBackend;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "prepare-"));
  docker = fakeBackend(root, { name: "docker:build-1", host: "build-1", dockerfile: async () => "FROM bare\n" });
  local = fakeBackend(root, { name: "local" });
  await write("agents/dev.md", "---\nbottle: dev\ngit-gate: {user: {name: Dev}}\n---\nWork.\n");
  await write("keys/deploy", KEY, 0o600);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
  await chmod(join(root, path), mode);
}

async function prepared(bottle: string, backend = "docker:build-1") {
  await write(
    "bottles/dev.md",
    `---\nagent_provider: {template: command, command: [bash]}\nbackend: ${backend}\n${bottle}---\n`,
  );
  const context = { root, cwd: root, env: { HOME: root }, backends: [local, docker], now: () => NOW };
  return await prepare({ agent: "dev" }, context);
}

const gate = (more: string): string =>
  `git-gate:\n  user: {email: dev@example.com}\n  repos:\n    app:\n      url: ssh://git@git.example.com:2222/team/app.git\n      identity: keys/deploy\n${more}`;
const HOST_KEY = "      host_key: ssh-ed25519 AAAA\n";

describe("the plan of a bottle", () => {
  test("names machine, image, runtime, resources and gate, and says what the engine itself shows", async () => {
    const { preflight, plan, metadata } = await prepared(
      `runtime: runsc\nresources: {cpus: 1, memory: 2GiB, pids: 256}\n${gate(`${HOST_KEY}      force_push: true\n`)}`,
    );
    expect(preflight.lines.filter(({ label }) => /host|image|runtime|resources|git|backend/.test(label))).toEqual([
      { label: "backend", text: "docker:build-1 (docker/runc)" },
      { label: "host", text: "build-1" },
      { label: "image", text: "bare, built from our Dockerfile" },
      { label: "runtime", text: "runsc" },
      { label: "resources", text: "1 cpu, 2GiB of memory, 256 processes" },
      { label: "git identity", text: "Dev <dev@example.com>" },
      { label: "git gate", text: "app → git.example.com:2222 (rewriting history allowed)" },
      { label: "unknown hosts", text: "are blocked" },
    ]);
    expect(preflight.lines).toContainEqual({ label: "not enforced", text: "no seccomp" });
    expect(preflight.warnings).toEqual([expect.stringContaining("Whoever may use this Docker engine")]);
    expect(plan.spec).toMatchObject({ image: { kind: "ours", name: "bare" }, runtime: "runsc", upstreamSockets: [] });
    expect(metadata).toMatchObject({ backend: "docker:build-1", host: "build-1" });
  });

  test("gives the gate the parts of the remote and the key, absolute", async () => {
    const { plan } = await prepared(gate(HOST_KEY));
    expect(plan.spec.gitGate).toEqual({
      max_pack_bytes: 2 * 2 ** 30,
      repos: [
        {
          name: "app",
          user: "git",
          host: "git.example.com",
          port: 2222,
          path: "team/app.git",
          identity: join(root, "keys/deploy"),
          host_key: "ssh-ed25519 AAAA",
          force_push: false,
        },
      ],
    });
    const config = plan.spec.files.find(({ path }) => path === "/home/node/.gitconfig");
    expect(config).toMatchObject({ mode: 0o644, content: expect.stringContaining('email = "dev@example.com"') });
    expect(config?.content).toContain("http://127.0.0.1:9420/app.git");
    expect(JSON.stringify(plan.spec.files)).not.toContain("keys/deploy");
  });

  test("gives an agent its name without any repository, and nothing to one without either", async () => {
    const named = await prepared("");
    expect(named.plan.spec.files.map(({ path }) => path)).toContain("/home/node/.gitconfig");
    await write("agents/dev.md", "---\nbottle: dev\n---\nWork.\n");
    const nameless = await prepared("");
    expect(nameless.plan.spec.files.map(({ path }) => path)).not.toContain("/home/node/.gitconfig");
    expect(nameless.plan.spec.gitGate).toBeUndefined();
  });

  test.each([
    ["absolute", () => join(root, "images/Dockerfile")],
    ["from the home", () => "~/images/Dockerfile"],
    ["below the root folder", () => "images/Dockerfile"],
  ])("takes a Dockerfile that is written %s", async (_how, path) => {
    await write("images/Dockerfile", "FROM node:24-slim\n");
    const { plan, preflight } = await withDockerfile(path());
    expect(plan.spec.image).toEqual({ kind: "dockerfile", path: join(root, "images/Dockerfile") });
    expect(preflight.lines).toContainEqual({ label: "image", text: join(root, "images/Dockerfile") });
  });

  test.each([
    ["is not there", "images/Dockerfile"],
    ["is no file", "agents"],
  ])("refuses a Dockerfile that %s, and names the definition", async (what, path) => {
    await expect(withDockerfile(path)).rejects.toThrow(
      `bottle dev: agent_provider.dockerfile: the Dockerfile ${join(root, path)} ${what}`,
    );
  });

  test("says what has no effect in the local backend, and plans no image line for it", async () => {
    await write("images/Dockerfile", "FROM node:24-slim\n");
    const { preflight } = await withDockerfile("images/Dockerfile", "runtime: runsc\n", "local");
    expect(preflight.warnings).toEqual([
      "bottle dev: agent_provider.dockerfile has no effect: the local backend uses this machine's own programs",
      "bottle dev: runtime has no effect: the local backend uses this machine's own programs",
    ]);
    expect(preflight.lines.map(({ label }) => label)).not.toContain("image");
  });

  test("names the sockets that hosts are pinned to, each once", async () => {
    const { plan } = await prepared(
      'egress:\n  hosts: {a.test: "unix:/run/up.sock", b.test: "unix:/run/up.sock", c.test: "127.0.0.1:8443"}\n',
    );
    expect(plan.spec.upstreamSockets).toEqual(["/run/up.sock"]);
  });
});

describe("a key for the gate", () => {
  test("without a host key is planned, with a warning that says what to add", async () => {
    const { preflight, plan } = await prepared(gate(""));
    expect(preflight.warnings[0]).toBe(
      "bottle dev: git-gate.repos.app has no host_key: nothing is fetched or pushed until you add one, as `ssh-keyscan -p 2222 git.example.com` prints it behind the name, after comparing it with what its host publishes",
    );
    expect(plan.spec.gitGate?.repos[0]).not.toHaveProperty("host_key");
  });

  test.each([
    ["that is not there", async () => await rm(join(root, "keys/deploy")), "is not there"],
    [
      "that is a folder",
      async () => {
        await rm(join(root, "keys/deploy"));
        await mkdir(join(root, "keys/deploy"));
      },
      "is no file",
    ],
    ["that is its public half", () => write("keys/deploy", "ssh-ed25519 AAAA me@here\n", 0o600), "is the public half"],
  ])("%s keeps the bottle from being launched", async (_what, spoil, said) => {
    await spoil();
    await expect(prepared(gate(HOST_KEY))).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining(`git-gate.repos.app.identity: the key ${join(root, "keys/deploy")} ${said}`),
    });
  });

  test.each([
    ["that others can read", () => chmod(join(root, "keys/deploy"), 0o640), "chmod 600"],
    ["with a passphrase", () => write("keys/deploy", LOCKED, 0o600), "has a passphrase"],
    [
      "of the old kind with a passphrase",
      () => write("keys/deploy", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", 0o600),
      "has a passphrase",
    ],
  ])("%s is warned of", async (_what, spoil, said) => {
    await spoil();
    expect((await prepared(gate(HOST_KEY))).preflight.warnings[0]).toContain(said);
  });

  test("that is as it should be is not", async () => {
    expect((await prepared(gate(HOST_KEY))).preflight.warnings.filter((text) => text.includes("deploy"))).toEqual([]);
  });
});

describe("launching what was planned", () => {
  test("writes what the bottle is made from where its agent may read it, and keeps its backend for the resume", async () => {
    const made = await prepared("");
    const slug = await launch(root, made, () => {}, new AbortController().signal, NOW);
    const { currentDockerfile } = bottlePaths(root, slug).supervise;
    const { readFile } = await import("node:fs/promises");
    expect(await readFile(currentDockerfile, "utf8")).toBe("FROM bare\n");
    expect(await requestOf(root, slug)).toEqual({ agent: "dev", backend: "docker:build-1", resume: slug });
    await writeFile(bottlePaths(root, slug).agent.dockerfile, "FROM approved\n").catch(async () => {
      await mkdir(bottlePaths(root, slug).agent.dir);
      await writeFile(bottlePaths(root, slug).agent.dockerfile, "FROM approved\n");
    });
    const context = { root, cwd: root, env: { BOTTLE_BACKEND: "local" }, backends: [local, docker], now: () => NOW };
    const again = await prepare(await requestOf(root, slug), context);
    expect(again.backend.name).toBe("docker:build-1");
    await launch(root, again, () => {}, new AbortController().signal, NOW);
    expect(await readFile(currentDockerfile, "utf8")).toBe("FROM approved\n");
  });
});

async function withDockerfile(path: string, more = "", backend = "docker:build-1") {
  await write(
    "bottles/dev.md",
    `---\nagent_provider: {template: command, command: [bash], dockerfile: ${path}}\nbackend: ${backend}\n${more}---\n`,
  );
  const home = process.env["HOME"];
  process.env["HOME"] = root;
  try {
    return await prepare({ agent: "dev" }, { root, cwd: root, env: {}, backends: [local, docker], now: () => NOW });
  } finally {
    if (home === undefined) delete process.env["HOME"];
    else process.env["HOME"] = home;
  }
}
