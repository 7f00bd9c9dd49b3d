// Each wall of a local bottle, broken on purpose: the launch is refused, names the wall, and the agent never runs.

import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { localBackend } from "#backends/local/index.ts";
import { sandboxCommand, type Maker } from "#backends/local/sandbox/command.ts";
import type { Mechanism, Sandbox } from "#backends/local/sandbox/sandbox.ts";
import { bottlePaths } from "#lib/paths.ts";
import { newBottles, nothingNames, script, type Bottles } from "#tests/helpers/bottles.ts";

import { requireMechanism } from "./require-mechanism.ts";

interface Hole {
  readonly wall: string;
  readonly by: string;
  readonly sandbox?: (sandbox: Sandbox) => Sandbox;
  readonly maker?: (maker: Maker) => Maker;
  readonly command?: (argv: string[]) => string[];
  /** Only root can break it so. */
  readonly asRoot?: boolean;
}

const folder = mkdtempSync(join(tmpdir(), "walls-"));
const hostsFile = join(folder, "hosts");
writeFileSync(hostsFile, "127.0.0.1 example.com\n", { mode: 0o644 });
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;

const common: Hole[] = [
  {
    wall: "files of the host are absent",
    by: "showing a folder of the host",
    sandbox: (sandbox) => ({
      ...sandbox,
      binds: [...sandbox.binds, { from: "/boot", to: "/boot", writable: false, kind: "folder" }],
    }),
  },
  {
    wall: "the system is read-only",
    by: "letting a folder of the host be written",
    sandbox: (sandbox) => ({
      ...sandbox,
      binds: [...sandbox.binds, { from: "/var/cache", to: "/cache", writable: true, kind: "folder" }],
    }),
  },
  {
    wall: "nothing outside the home can be written",
    by: "binding the boot folder writable as the bottle's own",
    sandbox: (sandbox) => ({
      ...sandbox,
      binds: sandbox.binds.map((bind) =>
        bind.to === "/run/bottle/boot" ? { ...bind, from: bind.from, writable: true } : bind,
      ),
    }),
    asRoot: false,
  },
  {
    wall: "the egress proxy answers",
    by: "leaving out its socket",
    sandbox: (sandbox) => ({ ...sandbox, binds: sandbox.binds.filter(({ to }) => to !== "/run/bottle/egress") }),
  },
  {
    wall: "the home can be written",
    by: "binding it read-only",
    sandbox: (sandbox) => ({ ...sandbox, binds: sandbox.binds.map((bind) => ({ ...bind, writable: false })) }),
  },
  {
    wall: "not root on the host",
    by: "staying root",
    maker: (maker) => ({ ...maker, dropTo: undefined }),
    asRoot: true,
  },
  {
    wall: "kernel settings cannot be written",
    by: "leaving open what everybody may write",
    sandbox: (sandbox) => ({ ...sandbox, masked: [] }),
  },
  {
    wall: "no names are resolved",
    by: "a hosts file that knows one",
    sandbox: (sandbox) => ({
      ...sandbox,
      binds: sandbox.binds.map((bind) => (bind.to === "/etc/hosts" ? { ...bind, from: hostsFile } : bind)),
    }),
  },
];

const without =
  (...words: string[]) =>
  (argv: string[]) =>
    argv.filter((word) => !words.includes(word));
const replaced = (search: string | RegExp, text: string) => (argv: string[]) =>
  argv.map((word) => word.replace(search, text));
const inserted =
  (before: string, ...words: string[]) =>
  (argv: string[]) =>
    argv.flatMap((word) => (word === before ? [...words, word] : [word]));
/** A bottle of util-linux whose filter is not loaded, though something could. */
const unfiltered = replaced(/perl -e 'syscall[^']*' |--seccomp-filter \S+ /, "");
const holes: Record<Mechanism, Hole[]> = {
  bubblewrap: [
    ...common,
    { wall: "no network but loopback", by: "the host's network", command: without("--unshare-net") },
    { wall: "the host's addresses are out of reach", by: "the host's network", command: without("--unshare-net") },
    { wall: "no route to an address outside", by: "the host's network", command: without("--unshare-net") },
    { wall: "no capabilities", by: "keeping one", command: inserted("--clearenv", "--cap-add", "CAP_NET_ADMIN") },
    { wall: "no other processes are seen", by: "the host's processes", command: without("--unshare-pid") },
    { wall: "namespaces of its own", by: "the host's IPC", command: without("--unshare-ipc") },
    { wall: "system calls are filtered", by: "no filter", command: (argv) => without("--seccomp", "9")(argv) },
    { wall: "special sockets are refused", by: "no filter", command: (argv) => without("--seccomp", "9")(argv) },
    { wall: "keys of the host are out of reach", by: "no filter", command: (argv) => without("--seccomp", "9")(argv) },
    {
      wall: "no further user namespaces",
      by: "allowing them",
      command: (argv) => without("--seccomp", "9", "--disable-userns")(argv),
    },
    {
      wall: "the launcher's environment is not leaked",
      by: "one variable more",
      command: inserted("--seccomp", "--setenv", "SSH_AUTH_SOCK", "/x"),
    },
    {
      wall: "no open files of the host",
      by: "a file left open",
      command: replaced(/exec 9</, "exec 8</etc/hostname; exec 9<"),
    },
  ],
  "util-linux": [
    ...common,
    {
      wall: "no network but loopback",
      by: "the host's network",
      command: (argv) => replaced(/ip link set lo up.*/, ":||")(without("--net")(argv)),
    },
    {
      wall: "no capabilities",
      by: "keeping them",
      command: replaced(/exec setpriv --no-new-privs --inh-caps=-all --ambient-caps=-all --bounding-set=-all/, "exec"),
    },
    {
      wall: "no new privileges",
      by: "not forbidding them",
      command: (argv) => replaced("--no-new-privs ", "")(unfiltered(argv)),
    },
    { wall: "system calls are filtered", by: "no filter", command: (argv) => unfiltered(argv) },
    { wall: "special sockets are refused", by: "no filter", command: (argv) => unfiltered(argv) },
    { wall: "keys of the host are out of reach", by: "no filter", command: (argv) => unfiltered(argv) },
    { wall: "namespaces of its own", by: "the host's IPC", command: without("--ipc") },
    {
      wall: "no further user namespaces",
      by: "allowing them",
      command: (argv) => replaced(/^echo 0 > proc.*$/m, "")(unfiltered(argv)),
    },
    {
      wall: "the launcher's environment is not leaked",
      by: "one variable more",
      command: replaced("env -i ", "env SSH_AUTH_SOCK=/x "),
    },
    {
      wall: "no open files of the host",
      by: "a file left open",
      command: replaced(/exec setpriv --pdeathsig/, "exec 8</etc/hostname; exec setpriv --pdeathsig"),
    },
    {
      wall: "nothing outside the home can be written",
      by: "a root that can be written",
      command: replaced("*) write=ro", "/) write=rw ;;\n    *) write=ro"),
    },
    {
      wall: "no route to an address outside",
      by: "the host's network",
      command: (argv) => replaced(/ip link set lo up.*/, ":||")(without("--net")(argv)),
    },
    {
      wall: "the host's addresses are out of reach",
      by: "the host's network",
      command: (argv) => replaced(/ip link set lo up.*/, ":||")(without("--net")(argv)),
    },
  ],
};

for (const mechanism of ["bubblewrap", "util-linux"] as const) {
  describe(`a bottle by ${mechanism} with a hole`, await requireMechanism(mechanism), () => {
    let bottles: Bottles;
    let hole: Hole = { wall: "", by: "" };
    beforeAll(() => {
      bottles = newBottles((root) =>
        localBackend({
          root,
          mechanism,
          command(sandbox, inside, maker) {
            const argv = sandboxCommand((hole.sandbox ?? same)(sandbox), inside, (hole.maker ?? same)(maker));
            return (hole.command ?? same)(argv);
          },
        }),
      );
    });
    afterAll(() => bottles.end());

    test.for(holes[mechanism].filter(({ asRoot }) => asRoot === undefined || asRoot === isRoot))(
      "$wall: refused for $by",
      async (made) => {
        hole = made;
        const slug = bottles.prepare();
        const launch = bottles.launch({ slug, argv: script("touch ~/the-agent-ran; sleep 4001") });
        await expect(launch).rejects.toMatchObject({ code: "refused", message: expect.stringContaining(made.wall) });
        expect(existsSync(join(bottlePaths(bottles.root, slug).agent.home, "the-agent-ran"))).toBe(false);
        await nothingNames(slug);
      },
    );
  });
}

test("every wall that is required has a hole here", async () => {
  const bottles = newBottles((root) => localBackend({ root }));
  const bottle = await bottles.launch({});
  const walls = (await bottle.isolation())?.checks.map(({ name }) => name) ?? [];
  await bottles.end();
  const broken = new Set(Object.values(holes).flatMap((list) => list.map(({ wall }) => wall)));
  expect(walls.filter((wall) => !broken.has(wall))).toEqual([]);
});

function same<Value>(value: Value): Value {
  return value;
}
