// The programs that agents really use, through the real proxy, intercepted, with the bottle's own authority.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type ClientWorld, openClientWorld } from "#tests/helpers/egress/client-world.ts";
import { serveGit } from "#tests/helpers/egress/git-server.ts";
import { routeTo } from "#tests/helpers/egress/proxy.ts";
import { requirement } from "#tests/helpers/require.ts";

const API = "api.example.com";
const GIT = "git.example.com";
const REGISTRY = "registry.example.com";
const BLOCKED = "https://elsewhere.example.org/";
const TOKEN = "tok-0123456789abcdef";

let world: ClientWorld;

beforeAll(async () => {
  world = await openClientWorld({
    names: [API, GIT, REGISTRY],
    table: {
      routes: [
        routeTo(API, { auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } }),
        routeTo(GIT),
        routeTo(REGISTRY, { encoded_slashes: true }),
      ],
    },
    tokens: { EGRESS_TOKEN_0: TOKEN },
  });
  world.upstream.on("/hello", (request, response) => {
    const authorized = request.headers.authorization === `Bearer ${TOKEN}`;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ hello: "client", authorized }));
  });
});
afterAll(async () => {
  await world.close();
});

const HELLO = { hello: "client", authorized: true };

/** The program by name, tried once with `--version` or the like. */
function has(program: string, ...args: string[]) {
  return requirement("clients", () =>
    spawnSync(program, args, { stdio: "ignore" }).status === 0
      ? undefined
      : `${[program, ...args].join(" ")} does not run: install it`,
  );
}

describe("curl", has("curl", "--version"), () => {
  test("gets an answer, and the credential is added on the way", async () => {
    const { code, stdout, stderr } = await world.run("curl", ["-sS", `https://${API}/hello`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual(HELLO);
  });

  test("speaks HTTP/2", async () => {
    const { stdout } = await world.run("curl", ["-sS", "--http2", "-w", " %{http_version}", `https://${API}/hello`]);
    expect(stdout).toBe(`${JSON.stringify(HELLO)} 2`);
  });

  test("asks a thousand times at once on one connection of HTTP/2, and gets every answer", async () => {
    const list = join(world.home, "urls");
    const urls = Array.from({ length: 1000 }, (_, index) => `url = "https://${API}/n${index}"\noutput = "/dev/null"`);
    await writeFile(list, urls.join("\n"));
    const { code, stdout } = await world.run("curl", ["-sS", "--parallel", "-w", "%{http_code}\n", "-K", list]);
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((status) => status === "200")).toHaveLength(1000);
  });

  test("is told why a host is refused, and how to ask", async () => {
    const { code, stdout } = await world.run("curl", ["-sS", "-w", "\n%{http_code}", BLOCKED]);
    const [body = "", status] = stdout.split("\n").filter((line) => line !== "");
    expect(code).toBe(0);
    expect(status).toBe("403");
    expect(JSON.parse(body)).toMatchObject({ error: "blocked", how_to_ask: expect.stringContaining("egress-block") });
  });

  test("sees each event of a stream when it was sent", async () => {
    expect(await endOfEvents("curl", ["-sSN"])).toEqual([0, null]);
  });
});

describe("git", has("git", "--version"), () => {
  let repository: string;

  beforeAll(async () => {
    repository = join(world.home, "upstream", "project.git");
    await mkdir(repository, { recursive: true });
    const git = async (cwd: string, ...args: string[]): Promise<void> => {
      await execa("git", args, { cwd, env: { HOME: world.home, GIT_CONFIG_NOSYSTEM: "1" } });
    };
    await git(repository, "init", "-q", "--bare", "-b", "main");
    await git(repository, "config", "http.receivepack", "true");
    const seed = join(world.home, "seed");
    await mkdir(seed);
    await git(seed, "init", "-q", "-b", "main");
    await writeFile(join(seed, "file.txt"), "one\n");
    await git(seed, "add", ".");
    await git(seed, "commit", "-q", "-m", "first");
    await git(seed, "push", "-q", repository, "main");
    serveGit(world.upstream, "/project.git", join(world.home, "upstream"));
  });

  test("clones and fetches over https", async () => {
    const clone = join(world.home, "clone");
    const cloned = await world.run("git", ["clone", "-q", `https://${GIT}/project.git`, clone]);
    expect(cloned).toMatchObject({ code: 0 });
    expect(await readFile(join(clone, "file.txt"), "utf8")).toBe("one\n");
    expect(await world.run("git", ["fetch", "-q", "origin"], { cwd: clone })).toMatchObject({ code: 0 });
  });

  test("is refused a push over https, with the way that there is", async () => {
    const clone = join(world.home, "push");
    await world.run("git", ["clone", "-q", `https://${GIT}/project.git`, clone]);
    await writeFile(join(clone, "file.txt"), "two\n");
    await world.run("git", ["commit", "-qam", "second"], { cwd: clone });
    const pushed = await world.run("git", ["push", "origin", "main"], { cwd: clone });
    expect(pushed.code).not.toBe(0);
    expect(pushed.stderr).toMatch(/403/);
    const { stdout } = await execa("git", ["log", "--oneline", "main"], { cwd: repository });
    expect(stdout.split("\n")).toHaveLength(1);
    const { stdout: said } = await world.run("curl", [
      "-sS",
      `https://${GIT}/project.git/info/refs?service=git-receive-pack`,
    ]);
    expect(JSON.parse(said)).toMatchObject({ error: "git_push_refused", reason: expect.stringContaining("git gate") });
  });
});

describe("Node", () => {
  const node = (code: string) => world.run(process.execPath, ["--input-type=module", "-e", code]);

  test("fetches", async () => {
    const { stdout, stderr } = await node(
      `const r = await fetch("https://${API}/hello"); console.log(JSON.stringify({ status: r.status, ...(await r.json()) }));`,
    );
    expect(stderr).not.toMatch(/error/i);
    expect(JSON.parse(stdout)).toEqual({ status: 200, ...HELLO });
  });

  test("posts a megabyte of JSON and gets as much back", async () => {
    world.upstream.on("/echo", (_request, response, body) => response.end(body));
    const { stdout } = await node(
      `const body = JSON.stringify({ lines: Array.from({ length: 25000 }, (_, i) => "line number " + i + " of a text that goes on and on") });
       const r = await fetch("https://${API}/echo", { method: "POST", body, headers: { "content-type": "application/json" } });
       console.log(r.status, body.length, (await r.text()) === body);`,
    );
    expect(stdout).toMatch(/^200 1\d{6} true$/);
  });

  test("reads each event of a stream when it was sent", async () => {
    const code = `const r = await fetch(process.argv[1]); for await (const c of r.body) process.stdout.write(c);`;
    expect(await endOfEvents(process.execPath, ["--input-type=module", "-e", code])).toEqual([0, null]);
  });
});

describe("Python's requests", has("python3", "-c", "import requests"), () => {
  test("get and post, on one session", async () => {
    world.upstream.on("/echo", (_request, response, body) => response.end(body));
    const { stdout, stderr } = await world.run("python3", [
      "-c",
      [
        "import requests, json",
        "s = requests.Session()",
        `a = s.get("https://${API}/hello").json()`,
        `b = s.post("https://${API}/echo", json={"n": 1}).json()`,
        `c = s.get("${BLOCKED}")`,
        'print(json.dumps([a, b, c.status_code, c.json()["error"]]))',
      ].join("\n"),
    ]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual([HELLO, { n: 1 }, 403, "blocked"]);
  });
});

describe("npm", has("npm", "--version"), () => {
  test.each(["small-package", "@scope/small-package"])("installs %s from a registry", async (name) => {
    const folder = join(world.home, name.replace("/", "-"));
    await mkdir(join(folder, "source"), { recursive: true });
    await writeFile(join(folder, "source", "package.json"), JSON.stringify({ name, version: "1.2.3" }));
    await writeFile(join(folder, "source", "index.js"), "module.exports = 42;\n");
    const packed = await execa("npm", ["pack", "--json"], { cwd: join(folder, "source") });
    const file = /[\w.-]+\.tgz/.exec(packed.stdout)?.[0] ?? "";
    const tarball = await readFile(join(folder, "source", file));
    serveRegistry(name, tarball);
    await mkdir(join(folder, "project"));
    await writeFile(join(folder, "project", "package.json"), JSON.stringify({ name: "project", version: "1.0.0" }));
    const installed = await world.run("npm", ["install", name, "--no-audit", "--no-fund"], {
      cwd: join(folder, "project"),
      env: { npm_config_registry: `https://${REGISTRY}/`, npm_config_cafile: world.egress.paths.tls.bundle },
    });
    expect(installed).toMatchObject({ code: 0 });
    expect(await readFile(join(folder, "project", "node_modules", name, "index.js"), "utf8")).toContain("42");
  });
});

describe("a WebSocket client", () => {
  test("of Node speaks both ways through the tunnel", async () => {
    const { WebSocketServer } = await import("ws");
    const server = new WebSocketServer({ noServer: true });
    world.upstream.onUpgrade((request, socket, head) =>
      server.handleUpgrade(request, socket, head, (peer) =>
        peer.on("message", (data: Buffer) => peer.send(`heard ${String(data)}`)),
      ),
    );
    const code = `
      const socket = new WebSocket("wss://${API}/socket");
      socket.onopen = () => socket.send("hello");
      socket.onmessage = ({ data }) => { console.log(data); socket.close(1000); };
      socket.onerror = ({ message }) => { console.error(message); process.exit(1); };
    `;
    const { stdout, stderr } = await world.run(process.execPath, ["--input-type=module", "-e", code]);
    server.close();
    expect({ stdout, stderr }).toEqual({ stdout: "heard hello", stderr: "" });
  });
});

/** How the client ends. The server sends an event only when the client has shown the one before. */
async function endOfEvents(program: string, args: readonly string[]): Promise<unknown[]> {
  let send = (_text: string): void => {};
  const asked = new Promise<void>((resolve) => {
    world.upstream.on("/events", (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      send = (text) => void (text === "" ? response.end() : response.write(`data: ${text}\n\n`));
      resolve();
    });
  });
  const reader = spawn(program, [...args, `https://${API}/events`], { env: world.env, cwd: world.home });
  const ended = once(reader, "exit");
  let seen = "";
  reader.stdout.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  await asked;
  for (const text of ["one", "two", "three"]) {
    send(text);
    await expect.poll(() => seen, { timeout: 10_000 }).toContain(`data: ${text}\n\n`);
  }
  send("");
  return await ended;
}

function serveRegistry(name: string, tarball: Buffer): void {
  const path = `/${name}/-/${name.replace(/^@[^/]+\//, "")}-1.2.3.tgz`;
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const version = { name, version: "1.2.3", dist: { tarball: `https://${REGISTRY}${path}`, integrity } };
  const metadata = JSON.stringify({ name, "dist-tags": { latest: "1.2.3" }, versions: { "1.2.3": version } });
  for (const spelt of [`/${name}`, `/${name.replace("/", "%2f")}`, `/${name.replace("/", "%2F")}`]) {
    world.upstream.on(spelt, (_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(metadata);
    });
  }
  world.upstream.on(path, (_request, response) => {
    response.setHeader("content-type", "application/octet-stream");
    response.end(tarball);
  });
}
