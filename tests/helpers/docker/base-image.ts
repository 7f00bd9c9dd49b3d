// Makes a stand-in for `node:24-slim` where no registry can be asked: Debian's essential packages and git as they are
// installed on this machine, the Node that runs this, and the user `node`. Needs dpkg and tar; run as
// `node tests/helpers/docker/base-image.ts`, which does nothing when the engine has the image.

import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const BASE_IMAGE = "node:24-slim";

const PACKAGES = [
  ..."base-files base-passwd bash coreutils dash debianutils diffutils findutils grep gzip hostname libc-bin login".split(
    " ",
  ),
  ..."mawk ncurses-base ncurses-bin passwd perl-base sed tar util-linux procps".split(" "),
  ..."apt gpgv debian-archive-keyring dpkg ca-certificates libstdc++6 curl git openssh-client less".split(" "),
];
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** True when it was made now. Throws when the engine cannot be asked, or this is no Debian. */
async function makeBaseImage(): Promise<boolean> {
  if (docker("images", "-q", BASE_IMAGE).trim() !== "") return false;
  const root = mkdtempSync(join(tmpdir(), "base-image-"));
  try {
    await copyPackages(root);
    addNode(root);
    addAccounts(root);
    await importRoot(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return true;
}

function docker(...args: string[]): string {
  return execFileSync("docker", args, { encoding: "utf8" });
}

/** Documentation and translations stay out. */
async function copyPackages(root: string): Promise<void> {
  for (const folder of ["bin", "sbin", "lib", "lib64"]) {
    mkdirSync(join(root, "usr", folder), { recursive: true });
    symlinkSync(`usr/${folder}`, join(root, folder));
  }
  for (const folder of ["tmp", "proc", "sys", "dev", "run", "root", "home/node", "var/tmp"])
    mkdirSync(join(root, folder), { recursive: true });
  for (const folder of ["tmp", "var/tmp"]) chmodSync(join(root, folder), 0o1777);
  const files = packageFiles().filter((path) => exists(path) && !/^\/(?:bin|sbin|lib|lib64)$/.test(path));
  await pipeTo(
    ["tar", "-C", "/", "--no-recursion", "-cf", "-", "--null", "--files-from=-"],
    ["tar", "-C", root, "--keep-directory-symlink", "-xf", "-"],
    files.map((path) => `${path.slice(1)}\0`).join(""),
  );
  for (const path of ["/etc/ssl", "/etc/alternatives", "/etc/apt", "/etc/ld.so.cache"]) {
    if (exists(path)) cpSync(path, join(root, path), { recursive: true, verbatimSymlinks: true });
  }
}

function packageFiles(): string[] {
  const text = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 26, stdio: ["ignore", "pipe", "ignore"] });
  const without = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map(
    (kind) => `--no-${kind}`,
  );
  const closure = text("apt-cache", "depends", "--recurse", ...without, ...PACKAGES)
    .split("\n")
    .filter((line) => /^\w/.test(line));
  const installed = new Set(
    text("dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n")
      .split("\n")
      .flatMap((line) => (line.endsWith(" ii ") || line.endsWith(" ii") ? [line.split(" ")[0] ?? ""] : [])),
  );
  const wanted = [...new Set(closure)].filter((name) => installed.has(name));
  return [...new Set(text("dpkg", "-L", ...wanted).split("\n"))]
    .filter((path) => /^\/./.test(path) && path !== "/.")
    .filter((path) => !/^\/usr\/share\/(?:doc|man|locale|info)\//.test(path))
    .toSorted();
}

function addNode(root: string): void {
  mkdirSync(join(root, "usr/local/bin"), { recursive: true });
  copyFileSync(process.execPath, join(root, "usr/local/bin/node"));
  chmodSync(join(root, "usr/local/bin/node"), 0o755);
}

function addAccounts(root: string): void {
  const passwd = [
    "root:x:0:0:root:/root:/bin/bash",
    "_apt:x:42:65534::/nonexistent:/usr/sbin/nologin",
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
    "node:x:1000:1000::/home/node:/bin/bash",
  ];
  writeFileSync(join(root, "etc/passwd"), `${passwd.join("\n")}\n`);
  writeFileSync(join(root, "etc/group"), "root:x:0:\nshadow:x:42:\nnogroup:x:65534:\nnode:x:1000:\n");
  execFileSync("chown", ["1000:1000", join(root, "home/node")]);
}

async function importRoot(root: string): Promise<void> {
  await pipeTo(
    ["tar", "-C", root, "-cf", "-", "."],
    ["docker", "import", "-c", `ENV PATH=${PATH}`, "-c", 'CMD ["node"]', "-", BASE_IMAGE],
    "",
  );
}

/** Rejects when either fails. */
async function pipeTo(from: readonly string[], to: readonly string[], input: string): Promise<void> {
  const [source, ...sourceArgs] = from as [string, ...string[]];
  const [target, ...targetArgs] = to as [string, ...string[]];
  const reader = spawn(source, sourceArgs, { stdio: ["pipe", "pipe", "inherit"] });
  const writer = spawn(target, targetArgs, { stdio: ["pipe", "ignore", "inherit"] });
  reader.stdout.pipe(writer.stdin);
  reader.stdin.end(input);
  const done = [reader, writer].map(
    (child) =>
      new Promise<void>((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", (code) =>
          code === 0 ? resolve() : reject(new Error(`${child.spawnargs[0]} exited ${code}`)),
        );
      }),
  );
  await Promise.all(done);
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

if (import.meta.main) {
  console.log((await makeBaseImage()) ? `made ${BASE_IMAGE}` : `the engine has ${BASE_IMAGE}`);
}
