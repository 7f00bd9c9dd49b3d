// How git reaches an upstream: one ssh command that uses the given key and host key and nothing of the operator's own.

import type { GateRepo } from "#domain/git-gate/gate.ts";

export interface SshFiles {
  readonly identity: string;
  readonly knownHosts: string;
}

type Address = Pick<GateRepo, "user" | "host" | "port" | "path">;

/** `ssh://user@host:port/path`, the port always said. */
export function upstreamUrl({ user, host, port, path }: Address): string {
  return `ssh://${user}@${hasColon(host) ? `[${host}]` : host}:${port}/${path.replace(/^\/+/, "")}`;
}

/** The address as people write it, for messages. */
export function upstreamName(address: Address): string {
  return upstreamUrl(address).replace(/:22(?=\/)/, "");
}

export function sshArguments({ identity, knownHosts }: SshFiles): string[] {
  const options = {
    IdentitiesOnly: "yes",
    IdentityAgent: "none",
    PreferredAuthentications: "publickey",
    PasswordAuthentication: "no",
    KbdInteractiveAuthentication: "no",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: quoteOption(knownHosts),
    GlobalKnownHostsFile: "/dev/null",
    UpdateHostKeys: "no",
    VerifyHostKeyDNS: "no",
    CheckHostIP: "no",
    BatchMode: "yes",
    NumberOfPasswordPrompts: "0",
    ConnectTimeout: "10",
    ConnectionAttempts: "1",
    ServerAliveInterval: "10",
    ServerAliveCountMax: "3",
    ForwardAgent: "no",
    ForwardX11: "no",
    ClearAllForwardings: "yes",
    PermitLocalCommand: "no",
    ControlMaster: "no",
    ControlPath: "none",
    Compression: "no",
    RequestTTY: "no",
    LogLevel: "INFO",
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return ["-F", "/dev/null", "-i", identity, ...flags];
}

/** What git needs in its environment. It hands the command to a shell. */
export function sshEnvironment(files: SshFiles): Record<string, string> {
  return { GIT_SSH_COMMAND: ["ssh", ...sshArguments(files)].map(quoteWord).join(" "), GIT_SSH_VARIANT: "ssh" };
}

/** One line of a known_hosts file; the port is part of the name unless it is ssh's own. */
export function knownHostsLine({ host, port }: Pick<GateRepo, "host" | "port">, hostKey: string): string {
  return `${port === 22 ? host : `[${host}]:${port}`} ${hostKey}\n`;
}

function quoteWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** ssh takes several files there, parted by blanks, and expands %. */
function quoteOption(path: string): string {
  return `"${path.replaceAll("%", "%%")}"`;
}

function hasColon(host: string): boolean {
  return host.includes(":");
}
