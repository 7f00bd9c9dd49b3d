// The walls of a docker bottle: what an agent inside tries against them, and a launch that finds each of them broken.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";

import type Dockerode from "dockerode";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { dockerBackend } from "#backends/docker/index.ts";
import { launchDocker, type Alter } from "#backends/docker/launch/launch.ts";
import { namesOf } from "#backends/docker/names.ts";
import type { Bottle, LaunchStep } from "#contracts/backend.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { sha256 } from "#lib/hash.ts";
import { BASE_IMAGE } from "#tests/helpers/docker/base-image.ts";
import { dockerHost, requireDocker } from "#tests/helpers/docker.ts";
import { newBottles, nothingNames, script, specOf, view, type Bottles } from "#tests/helpers/bottles.ts";

import { docker, dockerContext, inside, inspect } from "./engine.ts";
import { dockerThings } from "./things.ts";

const TOKEN = "token-that-only-egress-has";
const SECRET = "value-that-only-the-agent-has";

/** Says for each `host:port` what connecting to it gave: "connected", "timeout", or the error's code. */
const CONNECT = `
const { connect } = require("net");
Promise.all(process.argv.slice(1).map((text) => new Promise((resolve) => {
  const at = text.lastIndexOf(":");
  const socket = connect({ host: text.slice(0, at), port: Number(text.slice(at + 1)) });
  const done = (word) => { socket.destroy(); resolve([text, word]); };
  socket.once("connect", () => done("connected")).once("error", (error) => done(error.code));
  setTimeout(done, 5000, "timeout");
}))).then((all) => process.stdout.write(JSON.stringify(Object.fromEntries(all)), () => process.exit()));`;

const RESOLVE = `
const { Resolver, lookup } = require("dns").promises;
const asked = process.argv.slice(1).map((server) => {
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([server]);
  return resolver.resolve4("example.com");
});
Promise.allSettled([lookup("example.com"), lookup("host.docker.internal"), ...asked])
  .then((all) => console.log(JSON.stringify(all.map(({ status }) => status))));`;

describe("from inside a docker bottle", await requireDocker(), () => {
  let bottles: Bottles;
  let bottle: Bottle;
  let other: Bottle;
  let service: Server;
  let port: number;
  beforeAll(async () => {
    bottles = newBottles((root) => dockerBackend({ root, env: process.env }));
    service = createServer((socket) => socket.end("the host's"));
    await new Promise<void>((resolve) => service.listen(0, "::", resolve));
    ({ port } = service.address() as AddressInfo);
    const env = { ...specOf({ slug: "x" }).env, SECRET };
    [bottle, other] = [
      await bottles.launch({ env, supervise: true, secrets: { EGRESS_TOKEN_0: TOKEN, EGRESS_SECRET_MINE: SECRET } }),
      await bottles.launch({
        supervise: true,
        argv: ["/opt/bottle-dash/node", "-e", "require('net').createServer(s=>s.end('mine')).listen(7777)"],
      }),
    ];
  }, 240_000);
  afterAll(async () => {
    service.close();
    await bottles.end();
  });

  const node = (program: string, ...args: string[]) =>
    inside(bottle.slug, "/opt/bottle-dash/node", "-e", program, ...args);
  const connecting = async (targets: readonly string[]): Promise<Record<string, string>> =>
    JSON.parse(await node(CONNECT, ...targets)) as Record<string, string>;
  const addressesOf = async (name: string) => {
    const { Networks } = (await inspect(name)).NetworkSettings;
    return Object.values(Networks)
      .flatMap(({ IPAddress, Gateway }) => [IPAddress, Gateway])
      .filter(Boolean);
  };

  test("no address of the host, no gateway and nothing of the engine is reached", async () => {
    const hosts = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .map(({ address }) => address);
    const { agent, sidecars } = namesOf(bottle.slug);
    const gateways = [...(await addressesOf(agent)), ...(await addressesOf(sidecars))];
    const targets = [...new Set([...hosts, ...gateways, "172.17.0.1", "192.0.2.1"])]
      .filter((host) => !host.startsWith("fe80"))
      .flatMap((host) => [port, 22, 2375, 2376].map((at) => `${host}:${at}`));
    expect(reached(await connecting(targets))).toEqual([]);
  });

  test("no other bottle is reached, neither its agent nor its sidecars", async () => {
    const { agent, sidecars } = namesOf(other.slug);
    const hosts = [...(await addressesOf(agent)), ...(await addressesOf(sidecars))];
    expect(hosts.length).toBeGreaterThan(2);
    const results = await connecting(hosts.flatMap((host) => [7777, 9099, 9098, 9100].map((at) => `${host}:${at}`)));
    expect(reached(results)).toEqual([]);
  });

  test("the sidecars offer on their other side nothing at all", async () => {
    const [address] = (await addressesOf(namesOf(bottle.slug).sidecars)).toSorted();
    const { Networks } = (await inspect(namesOf(bottle.slug).sidecars)).NetworkSettings;
    const outer = Networks[namesOf(bottle.slug).egress]?.IPAddress ?? "";
    expect(address).toBeDefined();
    const results = await connecting([9099, 9100, 9098, 9420, 9418, 22].map((at) => `${outer}:${at}`));
    expect(reached(results)).toEqual([]);
  });

  test("neither metadata nor link-local nor IPv6 leads anywhere", async () => {
    const results = await connecting([
      "169.254.169.254:80",
      "169.254.170.2:80",
      "fe80::1:80",
      "fd00::2:80",
      "2001:db8::1:443",
      "1.1.1.1:443",
      "1.1.1.1:53",
    ]);
    expect(reached(results)).toEqual([]);
    expect(await inside(bottle.slug, "cat", "/proc/net/if_inet6")).not.toContain("eth0");
  });

  test("no name server knows a name, whoever is asked", async () => {
    const gateways = await addressesOf(namesOf(bottle.slug).sidecars);
    const answers = await node(RESOLVE, "127.0.0.11", "127.0.0.53", "8.8.8.8", ...new Set(gateways));
    expect(new Set(JSON.parse(answers) as string[])).toEqual(new Set(["rejected"]));
  });

  test("no raw socket opens, and none of a family that knows no namespaces or leads to the kernel", async () => {
    const kinds = {
      raw: [2, 3, 1],
      raw6: [10, 3, 58],
      packet: [17, 3, 768],
      vsock: [40, 1, 0],
      netlink: [16, 3, 0],
      alg: [38, 5, 0],
    };
    const perl =
      "for (@ARGV) { my @of = split /,/; print socket(my $s, $of[0], $of[1], $of[2]) ? 'open' : 'shut', qq(\\n) }";
    const opened = await inside(bottle.slug, "perl", "-e", perl, ...Object.values(kinds).map(String));
    expect(opened.split("\n")).toEqual(Object.keys(kinds).map(() => "shut"));
  });

  test.each([
    "echo 0 > /proc/sys/kernel/randomize_va_space",
    "echo /tmp/x > /proc/sys/kernel/core_pattern",
    "echo 1 > /proc/sys/net/ipv4/ip_forward",
    "echo b > /proc/sysrq-trigger",
    "mount -t tmpfs none /mnt",
    "mount --bind / /mnt",
    "unshare --user --map-root-user true",
    "chroot / true",
    "mknod /tmp/disk b 8 0",
    "touch /usr/bin/own",
    "touch /opt/bottle-dash/own",
    `touch ${INSIDE.sockets}/boot/own`,
    `touch ${INSIDE.tls}/own`,
    `touch ${INSIDE.currentConfig}/own`,
    "test -e /var/run/docker.sock",
    "mkdir /sys/fs/cgroup/pids/own",
    "ip link add type dummy || exit 1",
    "su -c true root </dev/null",
    "cat /etc/shadow",
    "dd if=/dev/mem of=/dev/null count=1",
  ])("%s is refused", async (attempt) => {
    const said = await inside(bottle.slug, "/bin/sh", "-c", `(${attempt}) 2>&1; echo "ended with $?"`);
    expect(said).toMatch(/ended with [1-9]\d*$/);
  });

  test("no key of the host's is seen", async () => {
    const perl = "print syscall(250, 0, $_, 0) == -1 ? 'none' : 'a keyring', qq(\\n) for -3, -4, -5";
    expect(await inside(bottle.slug, "perl", "-e", perl)).toBe("none\nnone\nnone");
    expect(await inside(bottle.slug, "cat", "/proc/keys")).toBe("");
  });

  test("nothing of the operator's root folder is there", async () => {
    expect(await inside(bottle.slug, "ls", bottles.root)).toMatch(/No such file/);
    expect(await inside(bottle.slug, "cat", "/proc/1/mountinfo")).not.toContain("/queue/");
  });

  test("its tokens are nowhere in its container, and no value stands in what the engine shows", async () => {
    const { agent, sidecars } = namesOf(bottle.slug);
    const seen = await inside(
      bottle.slug,
      "/bin/sh",
      "-c",
      "cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'",
    );
    expect(seen).toContain(SECRET); // its own
    expect(seen).not.toContain(TOKEN);
    const shown = [
      await docker("inspect", agent, sidecars),
      await docker("network", "inspect", ...Object.values(namesOf(bottle.slug)).slice(2, 4)),
      await docker("logs", sidecars),
      await docker("logs", agent),
      await docker("ps", "--all", "--no-trunc"),
    ].join("\n");
    expect(shown).not.toContain(TOKEN);
    expect(shown).not.toContain(SECRET);
  });

  test("its first process is not ended by a signal of its own", async () => {
    await inside(bottle.slug, "/bin/sh", "-c", "kill -KILL 1; kill -TERM 1; kill -STOP 1; kill -HUP 1");
    expect((await inspect(namesOf(bottle.slug).agent)).State.Running).toBe(true);
    expect(await bottle.status()).toMatchObject({ phase: "running" });
  });

  test("a fork bomb ends at its limit of processes", async () => {
    const bomb = await bottles.launch({
      resources: { pids: 60 },
      argv: script("for i in $(seq 1 100); do sleep 9002 & done; read go"),
    });
    await expect.poll(async () => (await bomb.status()).phase, { timeout: 20_000 }).toBe("exited");
    await bomb.remove();
    await nothingNames("sleep 9002");
  });

  test("memory beyond its limit is not given", async () => {
    const eater = "const all = []; for (;;) all.push(Buffer.alloc(16e6, 1));";
    const hungry = await bottles.launch({
      resources: { memory: 256 * 2 ** 20 },
      argv: script(`/opt/bottle-dash/node -e "${eater}"; echo "ended with $?"; read go`),
    });
    await (await view(hungry)).shows(/ended with 137/);
    expect(await hungry.status()).toMatchObject({ phase: "running" });
    await hungry.remove();
  });
});

/** Silence is no refusal: something went out. */
function reached(results: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(results).filter(([, result]) => result === "connected" || result === "timeout");
}

interface Hole {
  readonly wall: string;
  readonly by: string;
  readonly alter: Alter;
}

type Options = Dockerode.ContainerCreateOptions;
const host =
  (more: Dockerode.HostConfig) =>
  (options: Options): Options => ({ ...options, HostConfig: { ...options.HostConfig, ...more } });
const mounted =
  (Source: string, Target: string) =>
  (options: Options): Options =>
    host({
      Mounts: [...(options.HostConfig?.Mounts ?? []), { Type: "bind", Source, Target, ReadOnly: true }],
    })(options);
const ENGINE = dockerHost().replace("unix://", "");

const holes: Hole[] = [
  {
    wall: "its network is closed",
    by: "a network on which the host has an address",
    alter: { internal: (options) => ({ ...options, Options: {} }) },
  },
  {
    wall: "its network is closed",
    by: "a network that is not internal",
    alter: { internal: (options) => ({ ...options, Internal: false }) },
  },
  {
    wall: "on no other network",
    by: "the engine's own network besides",
    alter: { made: (agent) => docker("network", "connect", "bridge", agent.id).then(() => undefined) },
  },
  { wall: "nothing else is mounted", by: "the engine's socket", alter: { agent: mounted(ENGINE, "/engine.sock") } },
  { wall: "nothing else is mounted", by: "a folder of the host", alter: { agent: mounted("/etc", "/mnt") } },
  {
    wall: "nothing else is mounted",
    by: "a system that can be written",
    alter: { agent: host({ ReadonlyRootfs: false }) },
  },
  { wall: "no privileges from the engine", by: "a privileged container", alter: { agent: host({ Privileged: true }) } },
  { wall: "no privileges from the engine", by: "a capability", alter: { agent: host({ CapAdd: ["NET_RAW"] }) } },
  { wall: "no privileges from the engine", by: "keeping capabilities", alter: { agent: host({ CapDrop: [] }) } },
  { wall: "no privileges from the engine", by: "new privileges", alter: { agent: host({ SecurityOpt: [] }) } },
  {
    wall: "no privileges from the engine",
    by: "unfiltered system calls",
    alter: { agent: host({ SecurityOpt: ["no-new-privileges", "seccomp=unconfined"] }) },
  },
  { wall: "no privileges from the engine", by: "the host's processes", alter: { agent: host({ PidMode: "host" }) } },
  { wall: "its limits are set", by: "no limit of processes", alter: { agent: host({ PidsLimit: 0 }) } },
  {
    wall: "no secrets in its configuration",
    by: "a variable in its configuration",
    alter: { agent: (options) => ({ ...options, Env: [...(options.Env ?? []), `MINE=${SECRET}`] }) },
  },
  {
    wall: "its sidecars are confined",
    by: "the engine's socket for its sidecars",
    alter: { sidecars: mounted(ENGINE, "/engine.sock") },
  },
  {
    wall: "its sidecars are confined",
    by: "a capability for its sidecars",
    alter: { sidecars: host({ CapAdd: ["NET_ADMIN"] }) },
  },
];

/** Its node is root, its `id` denies it, and its own boot client reports a proof of nothing before ours is loaded. */
const LIE = `
const { existsSync } = require("fs");
const { spawnSync } = require("child_process");
const socket = "${INSIDE.sockets}/boot/boot.sock";
const proof = { type: "proof", checks: [{ name: "everything", ok: true, evidence: "", required: true }] };
const client = "require('net').connect(process.argv[1]).on('end', process.exit).write(process.argv[2] + '\\\\n')";
if (existsSync(socket)) spawnSync(process.execPath, ["-e", client, socket, JSON.stringify(proof)], { env: {} });
`;
const LIAR = `FROM ${BASE_IMAGE}
RUN sed -i 's/^node:x:[0-9]*:[0-9]*:/node:x:0:0:/' /etc/passwd
RUN rm /usr/bin/id && printf '#!/bin/sh\\necho 1000\\n' >/usr/bin/id && chmod 755 /usr/bin/id
RUN echo ${Buffer.from(LIE).toString("base64")} | base64 -d >/lie.cjs
ENV NODE_OPTIONS=--require=/lie.cjs
`;

describe("a docker bottle with a hole", await requireDocker(), () => {
  let bottles: Bottles;
  beforeAll(() => {
    bottles = newBottles((root) => dockerBackend({ root, env: process.env }));
  });
  afterAll(() => bottles.end());

  test.for(holes)("$wall: refused for $by", { timeout: 180_000 }, async ({ wall, alter }) => {
    const slug = bottles.prepare();
    const steps: LaunchStep[] = [];
    const plan = await bottles.backend.plan(specOf({ slug }));
    const { signal } = new AbortController();
    const launch = launchDocker(plan, dockerContext(bottles.root), (step) => void steps.push(step), signal, alter);
    await expect(launch).rejects.toMatchObject({ code: "refused", message: expect.stringContaining(wall) });
    expect(steps.map(({ step }) => step)).not.toContain("start the agent");
    expect(await dockerThings(bottles.root, slug)).toEqual([]);
    await nothingNames(slug);
  });

  test("an image in which node is root is refused, whatever it says of itself", { timeout: 180_000 }, async () => {
    const slug = bottles.prepare();
    const context = mkdtempSync(join(tmpdir(), "liar-"));
    writeFileSync(join(context, "Dockerfile"), LIAR);
    const image = { kind: "dockerfile", path: join(context, "Dockerfile") } as const;
    await expect(bottles.launch({ slug, image })).rejects.toThrow(
      /not proved: its process is confined by the kernel \(uid 0 0 0 0\); run/,
    );
    expect(await dockerThings(bottles.root, slug)).toEqual([]);
    await nothingNames(slug);
    rmSync(context, { recursive: true });
    const named = `reference=bottle-dash/custom-${sha256(image.path).slice(0, 8)}*`;
    const images = await docker("images", "--filter", named, "--format", "{{.Repository}}:{{.Tag}}");
    await docker("rmi", ...images.split("\n"));
    expect(await docker("images", "--quiet", "--filter", named)).toBe("");
  });

  test("every wall that the engine is asked about has a hole here", () => {
    const source = readFileSync(new URL("../../../backends/docker/launch/judge.ts", import.meta.url), "utf8");
    const walls = [...source.matchAll(/check\(\s*"([^"]+)"/g)].map(([, name]) => name);
    const broken = new Set(holes.map(({ wall }) => wall));
    expect(walls.length).toBeGreaterThan(5);
    expect(walls.filter((wall) => !broken.has(wall ?? ""))).toEqual([]);
  });
});
