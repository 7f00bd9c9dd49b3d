// init as process 1 of a real container: what it is given, what it inherits, and how it ends.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, describe, expect, it, vi } from "vitest";

import { BundleHealth, type DaemonHealth } from "#domain/sidecars/bundle.ts";
import { bottlePaths } from "#lib/paths.ts";
import { connectUnix } from "#lib/unix-socket.ts";
import { requireDocker } from "#tests/helpers/docker.ts";
import { BASE_IMAGE } from "#tests/helpers/docker/base-image.ts";

const repository = join(import.meta.dirname, "..", "..", "..");
const SLUG = "demo-abcde";
const WAIT = { timeout: 15_000, interval: 50 };

/** Stands for the git gate: each second it leaves two orphans, one that ends soon and one that does not. */
const LITTERING = `
import { spawn } from "node:child_process";
console.log("environment " + JSON.stringify(Object.keys(process.env).sort()));
const litter = () => spawn("/bin/sh", ["-c", "sleep 0.05 & sleep 1000 & exit"], { stdio: "ignore" });
litter();
setInterval(litter, 100);
process.on("SIGTERM", () => process.exit(0));
process.stdin.on("end", () => process.exit(0)).resume();
console.log("bottle-dash: ready");
`;

interface Boxed {
  readonly name: string;
  readonly paths: ReturnType<typeof bottlePaths>;
  health(): Promise<DaemonHealth[]>;
  inside(script: string): Promise<string>;
  signal(signal: string): Promise<void>;
  /** The launcher lets go of init's standard input. */
  letGo(): void;
  output(): string;
  readonly exit: Promise<number | null>;
}

const names: string[] = [];
const roots: string[] = [];
afterEach(async () => {
  for (const name of names.splice(0)) await execa("docker", ["rm", "-f", name], { reject: false });
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

function start(more: Record<string, unknown> = {}): Boxed {
  const root = mkdtempSync(join(tmpdir(), "init-container-"));
  roots.push(root);
  const programs = join(root, "programs");
  mkdirSync(programs);
  for (const [name, tiny] of Object.entries({ egress: "steady", supervise: "steady" }))
    writeFileSync(
      join(programs, `${name}.js`),
      `import(${JSON.stringify(join(repository, `fixtures/daemons/${tiny}.ts`))});\n`,
    );
  writeFileSync(join(programs, "git-gate.js"), LITTERING);
  writeFileSync(join(programs, "package.json"), '{"type": "module"}');
  const name = `init-${process.pid}-${names.length}-${Date.now()}`;
  names.push(name);
  const mounts = [`${repository}:${repository}:ro`, `${root}:${root}`].flatMap((mount) => ["-v", mount]);
  const child = spawn(
    "docker",
    ["run", "-i", "--name", name, "--network", "none", "--cap-drop", "ALL", "--read-only", ...mounts, "-w", "/"].concat(
      BASE_IMAGE,
      "node",
      join(repository, "sidecars/init/main.ts"),
    ),
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += String(chunk)));
  const daemons = ["egress", "supervise", "git-gate"];
  const config = { slug: SLUG, root, programs, daemons, environment: { EGRESS_SECRET_X: "s3cr3t" }, ...more };
  child.stdin.write(`${JSON.stringify(config)}\n`); // and stays open, as an attached engine leaves it
  const paths = bottlePaths(root, SLUG);
  return {
    name,
    paths,
    health: () => readHealth(paths.init.socket),
    inside: async (script) => (await execa("docker", ["exec", name, "sh", "-c", script])).stdout,
    signal: async (signal) => void (await execa("docker", ["kill", "-s", signal, name])),
    letGo: () => void child.stdin.end(),
    output: () => printed,
    exit: new Promise((resolve) => child.once("exit", resolve)),
  };
}

async function readHealth(path: string): Promise<DaemonHealth[]> {
  const socket = await connectUnix(path);
  try {
    const line = await new Promise<string>((resolve) =>
      socket.once("data", (chunk: Buffer) => resolve(chunk.toString())),
    );
    return BundleHealth.parse(JSON.parse(line.split("\n")[0] ?? "")).daemons;
  } finally {
    socket.destroy();
  }
}

function allReady(box: Boxed): Promise<DaemonHealth[]> {
  return vi.waitFor(async () => {
    const daemons = await box.health();
    expect(daemons.map(({ state }) => state)).toEqual(["ready", "ready", "ready"]);
    return daemons;
  }, WAIT);
}

/** `ppid state name` of everything but the one who asks. */
const PROCESSES =
  "for f in /proc/[0-9]*/stat; do sed 's/^[0-9]* (\\(.*\\)) \\(.\\) \\([0-9]*\\) .*/\\3 \\2 \\1/' $f 2>/dev/null; done";

describe("init as process 1", await requireDocker(), () => {
  it("is the first process itself, shows no secret to the engine, and ends with its daemons on SIGTERM", async () => {
    const box = start({ keep: "the order" });
    await allReady(box);
    expect(await box.inside("tr '\\0' ' ' </proc/1/cmdline")).toContain("sidecars/init/main.ts");
    const { stdout } = await execa("docker", ["inspect", box.name]);
    expect(stdout).not.toContain("s3cr3t");
    expect(readFileSync(box.paths.logs.of("git-gate"), "utf8")).toContain("EGRESS_SECRET_X");
    expect(await ask(box, { kept: true })).toContain('{"kept":"the order"}');
    await box.signal("HUP");
    await box.signal("USR1");
    await vi.waitFor(() => {
      expect(box.output()).toContain("DAEMON: reloaded");
      expect(box.output()).toContain("asked to restart pipelock, but there is no pipelock");
    }, WAIT);
    await box.signal("TERM");
    expect(await box.exit).toBe(0);
    expect(box.output()).not.toContain("s3cr3t");
  });

  it("has no zombies, whatever the gate leaves, and none of it when the gate is killed", async () => {
    const box = start();
    const gate = (await allReady(box)).find(({ name }) => name === "git-gate");
    const zombies = async (): Promise<string[]> =>
      (await box.inside(PROCESSES)).split("\n").filter((line) => / Z /.test(line));
    const sleepers = async (): Promise<number> =>
      (await box.inside(PROCESSES)).split("\n").filter((line) => line.endsWith(" sleep")).length;
    await vi.waitFor(async () => expect(await sleepers()).toBeGreaterThan(5), WAIT);
    const ofFirst = (await box.inside(PROCESSES)).split("\n").filter((line) => line.startsWith("1 "));
    expect(ofFirst.filter((line) => line.endsWith(" sleep"))).toEqual([]);
    await vi.waitFor(async () => expect(await zombies()).toEqual([]), WAIT);

    const [daemon] = (await box.inside(`cat /proc/${gate?.pid}/task/*/children`)).trim().split(" ");
    await box.inside(`tr '\\0' ' ' </proc/${daemon}/cmdline | grep -q git-gate.js && kill -9 ${daemon}`);
    await vi.waitFor(async () => {
      const after = (await box.health()).find(({ name }) => name === "git-gate");
      expect(after).toMatchObject({ state: "ready", restarts: 1, last_exit: "SIGKILL" });
    }, WAIT);
    await vi.waitFor(async () => expect(await zombies()).toEqual([]), WAIT);
    await box.signal("TERM");
    expect(await box.exit).toBe(0);
  });

  it("stops fifteen seconds after its lifeline's last holder is gone, and not while somebody holds it", async () => {
    const box = start({ listen: { host: "127.0.0.1" } });
    await allReady(box);
    const { pid } = await holdInside(box);
    box.letGo();
    const holding = await connectUnix(box.paths.init.socket);
    holding.write('{"hold":true}\n');
    await box.inside(`kill -9 ${pid}`);
    holding.resume();
    const left = performance.now();
    holding.destroy();
    expect(await box.exit).toBe(0);
    expect(performance.now() - left).toBeGreaterThan(14_000);
    expect(box.output()).toContain("stopping: the agent is gone");
  }, 60_000);
});

/** Starts a process inside that connects to the lifeline. */
async function holdInside(box: Boxed): Promise<{ pid: string }> {
  const script = `node -e 'require("net").connect(9098, "127.0.0.1", () => require("fs").writeFileSync("${box.paths.init.dir}/holder", String(process.pid)))'`;
  await execa("docker", ["exec", "-d", box.name, "sh", "-c", `exec ${script}`]);
  return vi.waitFor(() => ({ pid: readFileSync(join(box.paths.init.dir, "holder"), "utf8") }), WAIT);
}

async function ask(box: Boxed, request: object): Promise<string> {
  const socket = await connectUnix(box.paths.init.socket);
  let heard = "";
  socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  socket.write(`${JSON.stringify(request)}\n`);
  await vi.waitFor(() => expect(heard.split("\n").length).toBeGreaterThan(2), WAIT);
  socket.destroy();
  return heard;
}
