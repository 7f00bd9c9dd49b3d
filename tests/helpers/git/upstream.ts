// A real upstream: sshd on a free port with its own keys, which only serves bare repositories below one folder.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

import type { GateRepo } from "#domain/git-gate/gate.ts";
import { treeOf } from "#lib/process-tree.ts";
import { requirement, type Requirement } from "#tests/helpers/require.ts";

import { git } from "./client.ts";

const SSHD = "/usr/sbin/sshd";
const ATTEMPTS = 5;

/** Options for a suite: `describe("…", requireSshd(), () => …)`. */
export function requireSshd(): Requirement {
  return requirement("sshd", () => {
    const missing = [SSHD, "/usr/bin/ssh", "/usr/bin/ssh-keygen", "/usr/bin/git-shell"].filter((path) => !runs(path));
    return missing.length === 0 ? undefined : `${missing.join(", ")} is missing: apt-get install openssh-server git`;
  });
}

export interface GitUpstream {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** `<type> <base64>`, as a definition states it. */
  readonly hostKey: string;
  /** A key that the server lets in; another that it does not know; one that it lets in and that has a passphrase. */
  readonly identity: string;
  readonly strangerIdentity: string;
  readonly lockedIdentity: string;
  /** The folder of the bare repositories. */
  readonly folder: string;
  /** An empty bare repository; its absolute path. With `from`, a mirror of that one. */
  add(name: string, from?: string): string;
  /** The `ssh://` address of one, and the environment with which a real git client reaches it directly. */
  url(name: string): string;
  readonly directEnv: Readonly<Record<string, string>>;
  /** What a definition says of one. */
  repo(name: string, more?: Partial<GateRepo>): GateRepo;
  /** Ends the server and every session of it; `start` brings it back on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Every command that a client has run so far. */
  commands(): string[];
  /** Stops it and removes all of it. */
  close(): Promise<void>;
}

/** Resolves once it listens, on an address of this machine: the loopback, or one that containers reach. */
export async function startUpstream({ host = "127.0.0.1" }: { readonly host?: string } = {}): Promise<GitUpstream> {
  const home = mkdtempSync(join(tmpdir(), "git-upstream-"));
  const at = (name: string): string => join(home, name);
  const folder = at("repos");
  mkdirSync(folder);
  for (const name of ["host", "identity", "stranger"]) makeKey(at(name));
  makeKey(at("locked"), "a passphrase");
  writeFileSync(at("command"), forcedCommand(folder, at("commands.log")), { mode: 0o755 });
  const allowed = ["identity.pub", "locked.pub"].map((name) => readFileSync(at(name), "utf8").trim());
  writeFileSync(at("authorized_keys"), allowed.map((key) => `restrict,command="${at("command")}" ${key}\n`).join(""));
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });

  const first = await listen(at, host, await freePort(host));
  const { port } = first;
  let { server } = first;
  const { username } = userInfo();
  const hostKey = readFileSync(at("host.pub"), "utf8").split(" ").slice(0, 2).join(" ").trim();
  writeFileSync(at("known_hosts"), `[${host}]:${port} ${hostKey}\n`);
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    for (const pid of treeOf(server.pid!)) kill(pid);
    await once(server, "exit");
  };
  return {
    host,
    port,
    user: username,
    hostKey,
    identity: at("identity"),
    strangerIdentity: at("stranger"),
    lockedIdentity: at("locked"),
    folder,
    add(name, from) {
      const path = join(folder, `${name}.git`);
      const args =
        from === undefined ? ["init", "-q", "--bare", "-b", "main", path] : ["clone", "-q", "--mirror", from, path];
      git(home, ...args);
      return path;
    },
    url: (name) => `ssh://${username}@${host}:${port}${join(folder, name)}.git`,
    directEnv: { GIT_SSH_COMMAND: `ssh ${sshOptions(at)}`, GIT_SSH_VARIANT: "ssh" },
    repo: (name, more = {}) => ({
      name,
      user: username,
      host,
      port,
      path: join(folder, `${name}.git`),
      identity: at("identity"),
      host_key: hostKey,
      force_push: false,
      ...more,
    }),
    stop,
    async start() {
      ({ server } = await listen(at, host, port, true));
    },
    commands: () =>
      readOr(at("commands.log"))
        .split("\n")
        .filter((line) => line !== ""),
    async close() {
      await stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Only git's two services, only below the folder; `SSH_ORIGINAL_COMMAND` is what the client asked for. */
function forcedCommand(folder: string, log: string): string {
  return `#!/bin/sh
printf '%s\\n' "$SSH_ORIGINAL_COMMAND" >> '${log}'
case "$SSH_ORIGINAL_COMMAND" in
*..*) ;;
"git-upload-pack '${folder}/"*|"git-receive-pack '${folder}/"*) exec git-shell -c "$SSH_ORIGINAL_COMMAND" ;;
esac
echo "only git, and only below the folder" >&2
exit 128
`;
}

function config(at: (name: string) => string, host: string, port: number): string {
  return [
    `Port ${port}`,
    `ListenAddress ${host}`,
    `HostKey ${at("host")}`,
    `AuthorizedKeysFile ${at("authorized_keys")}`,
    `PidFile ${at("sshd.pid")}`,
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin yes",
    "StrictModes no",
    "UsePAM no",
    "UseDNS no",
    "PrintMotd no",
    "MaxStartups 200",
    "MaxSessions 100",
    "AcceptEnv GIT_PROTOCOL",
    "LogLevel INFO",
    "",
  ].join("\n");
}

/** Another program may take the port between the look and the start: then the next one is tried, unless it must be this. */
async function listen(
  at: (name: string) => string,
  host: string,
  wanted: number,
  same = false,
): Promise<{ server: ChildProcess; port: number }> {
  let port = wanted;
  for (let attempt = 1; ; attempt += 1) {
    writeFileSync(at("sshd_config"), config(at, host, port));
    const server = spawn(SSHD, ["-D", "-e", "-f", at("sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
    // oxlint-disable-next-line no-await-in-loop -- one attempt after another
    const problem = await listening(server);
    if (problem === undefined) return { server, port };
    if (attempt === ATTEMPTS) throw new Error(`sshd did not start: ${problem}`);
    // oxlint-disable-next-line no-await-in-loop -- one attempt after another
    if (!same) port = await freePort(host);
  }
}

function listening(server: ChildProcess): Promise<string | undefined> {
  let said = "";
  return new Promise((resolve) => {
    server.stderr?.on("data", (chunk: Buffer) => {
      if (said.length < 65_536) said += chunk.toString();
      if (said.includes("Server listening on")) resolve(undefined);
    });
    server.once("error", (error) => resolve(error.message));
    server.once("exit", () => resolve(said.trim()));
  });
}

function freePort(host: string): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, host, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function makeKey(path: string, passphrase = ""): void {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", path]);
  chmodSync(path, 0o600);
}

function sshOptions(at: (name: string) => string): string {
  return `-F /dev/null -i ${at("identity")} -o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile=${at("known_hosts")} -o BatchMode=yes`;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone already
  }
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
