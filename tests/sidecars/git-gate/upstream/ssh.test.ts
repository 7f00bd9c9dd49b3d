import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import type { GateRepo } from "#domain/git-gate/gate.ts";
import { explainFailure } from "#sidecars/git-gate/upstream/explain-failure.ts";
import { parseHostKey } from "#sidecars/git-gate/upstream/host-key.ts";
import { identityKind, isTooOpen } from "#sidecars/git-gate/upstream/identity.ts";
import {
  knownHostsLine,
  sshArguments,
  sshEnvironment,
  upstreamName,
  upstreamUrl,
} from "#sidecars/git-gate/upstream/ssh-command.ts";

const KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const REPO: GateRepo = {
  name: "app",
  user: "git",
  host: "git.example.com",
  port: 22,
  path: "team/app.git",
  identity: "/keys/app",
  force_push: false,
};

describe("the address of an upstream", () => {
  it.for([
    [{}, "ssh://git@git.example.com:22/team/app.git", "ssh://git@git.example.com/team/app.git"],
    [
      { path: "/srv/app.git", port: 2222 },
      "ssh://git@git.example.com:2222/srv/app.git",
      "ssh://git@git.example.com:2222/srv/app.git",
    ],
    [{ host: "2001:db8::1" }, "ssh://git@[2001:db8::1]:22/team/app.git", "ssh://git@[2001:db8::1]/team/app.git"],
  ] as const)("with %o is %s", ([more, url, name]) => {
    expect(upstreamUrl({ ...REPO, ...more })).toBe(url);
    expect(upstreamName({ ...REPO, ...more })).toBe(name);
  });

  it("stands before its host key, with the port unless it is ssh's own", () => {
    expect(knownHostsLine(REPO, `ssh-ed25519 ${KEY}`)).toBe(`git.example.com ssh-ed25519 ${KEY}\n`);
    expect(knownHostsLine({ ...REPO, port: 2222 }, `ssh-ed25519 ${KEY}`)).toBe(
      `[git.example.com]:2222 ssh-ed25519 ${KEY}\n`,
    );
  });
});

describe("the ssh command", () => {
  const files = { identity: "/keys/it's mine", knownHosts: "/state/a 100%/known" };

  it("uses the given key and host key alone, asks nobody, and gives up in time", () => {
    const args = sshArguments(files);
    expect(args.slice(0, 4)).toEqual(["-F", "/dev/null", "-i", "/keys/it's mine"]);
    for (const option of [
      "IdentitiesOnly=yes",
      "IdentityAgent=none",
      "StrictHostKeyChecking=yes",
      'UserKnownHostsFile="/state/a 100%%/known"',
      "GlobalKnownHostsFile=/dev/null",
      "BatchMode=yes",
      "PasswordAuthentication=no",
      "ConnectTimeout=10",
    ]) {
      expect(args).toContain(option);
    }
  });

  it("comes out of git's shell as it went in", () => {
    const { GIT_SSH_COMMAND } = sshEnvironment(files);
    const words = execFileSync("sh", ["-c", `printf '%s\\n' ${GIT_SSH_COMMAND}`], { encoding: "utf8" });
    expect(words.trimEnd().split("\n")).toEqual(["ssh", ...sshArguments(files)]);
  });
});

describe("a host key", () => {
  it("is a type and the key of that type; a comment is dropped", () => {
    expect(parseHostKey(`ssh-ed25519 ${KEY}`)).toBe(`ssh-ed25519 ${KEY}`);
    expect(parseHostKey(`  ssh-ed25519\t${KEY} root@host\n`)).toBe(`ssh-ed25519 ${KEY}`);
  });

  it.for([
    "",
    "ssh-ed25519",
    KEY,
    `ssh-rsa ${KEY}`,
    `git.example.com ssh-ed25519 ${KEY}`,
    `ssh-ed25519 ${KEY}\n* ssh-ed25519 ${KEY}`,
    "ssh-ed25519 AAAA",
    "ssh-ed25519 ***",
    `@cert-authority * ssh-ed25519 ${KEY}`,
  ])("is not %j", (text) => {
    expect(parseHostKey(text)).toBeUndefined();
  });
});

describe("an identity", () => {
  const openssh = (cipher: string): string => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(cipher.length);
    const blob = Buffer.concat([Buffer.from("openssh-key-v1\0"), length, Buffer.from(cipher), Buffer.alloc(50)]);
    return `-----BEGIN OPENSSH PRIVATE KEY-----\n${blob.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
  };

  it.for([
    [openssh("none"), "usable"],
    [openssh("aes256-ctr"), "locked"],
    ["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", "usable"],
    ["-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n", "locked"],
    ["-----BEGIN PRIVATE KEY-----\r\nMIIE\r\n", "usable"],
    ["-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n", "locked"],
    [`ssh-ed25519 ${KEY} me\n`, "public"],
    ["hello\n", "not-a-key"],
    ["", "not-a-key"],
  ] as const)("that reads %.40j is %s", ([text, kind]) => {
    expect(identityKind(text)).toBe(kind);
  });

  it("is too open for ssh when it is one's own and others may read it", () => {
    expect(isTooOpen({ uid: 1000, mode: 0o100_600 }, 1000)).toBe(false);
    expect(isTooOpen({ uid: 1000, mode: 0o100_640 }, 1000)).toBe(true);
    expect(isTooOpen({ uid: 1000, mode: 0o100_604 }, 1000)).toBe(true);
    expect(isTooOpen({ uid: 0, mode: 0o100_644 }, 1000)).toBe(false);
  });
});

describe("a failure of the upstream", () => {
  it.for([
    [
      "@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@\nHost key verification failed.",
      "did not prove to be the host",
    ],
    [
      "No ED25519 host key is known for git.example.com and you have requested strict checking.",
      "did not prove to be the host",
    ],
    [
      "git@git.example.com: Permission denied (publickey).",
      "does not let git in with the key of git-gate.repos.app.identity",
    ],
    ["ssh: Could not resolve hostname git.example.com: Name or service not known", "is not known to the name server"],
    ["ssh: connect to host git.example.com port 22: Connection refused", "refuses connections on port 22"],
    ["ssh: connect to host git.example.com port 22: Connection timed out", "did not answer on port 22 in time"],
    ["Connection timed out during banner exchange", "did not answer on port 22 in time"],
    ["ssh: connect to host git.example.com port 22: No route to host", "there is no way to git.example.com"],
    ["fatal: '/team/app.git' does not appear to be a git repository", "has no repository team/app.git"],
    ["ERROR: Repository not found.", "has no repository team/app.git"],
    ["kex_exchange_identification: Connection closed by remote host", "closed the connection"],
    ['Load key "/keys/app": invalid format', "ssh cannot use the key"],
    ["error: cannot run ssh: No such file or directory", "install openssh-client"],
    ["fatal: write error: No space left on device", "the disk of the gate is full"],
  ] as const)("of %.60j is told as %j", ([stderr, words]) => {
    const told = explainFailure(REPO, stderr);
    expect(told).toContain("the upstream ssh://git@git.example.com/team/app.git cannot be reached: ");
    expect(told).toContain(words);
    expect(told).not.toContain("\n");
  });

  it("that nobody foresaw is told in git's last words, cleaned", () => {
    expect(
      explainFailure(
        REPO,
        "noise\nfatal: \u001b[31modd\u001b[0m thing\n\nPlease make sure you have the correct access rights\nand the repository exists.\n",
      ),
    ).toMatch(/git says: fatal: odd thing$/);
    expect(explainFailure(REPO, "")).toMatch(/git says: nothing$/);
    expect(explainFailure(REPO, "x".repeat(5000)).length).toBeLessThan(500);
    expect(explainFailure(REPO, "", true)).toMatch(/it took too long$/);
  });
});
