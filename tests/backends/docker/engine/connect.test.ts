import "reflect-metadata"; // what makes certificates needs it, before anything of it

import { KeyObject } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { connectEngine } from "#backends/docker/engine/connect.ts";
import { parseEndpoint, type Tls } from "#backends/docker/engine/endpoint.ts";
import { toEngineInfo } from "#backends/docker/engine/info.ts";
import { sshArguments } from "#backends/docker/engine/ssh.ts";

import { fakeDaemon, fakeTcpDaemon, json, NO_DAEMON, type Answers } from "../fake-daemon.ts";

const INFO = { ServerVersion: "27.1.0", Runtimes: { runc: {}, runsc: {}, "io.containerd.runc.v2": {} }, NCPU: 4 };
const answers: Answers = { "GET /info": (response) => json(response, INFO) };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "connect-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const engineAt = (url: string, tls?: Tls) => connectEngine(parseEndpoint(url, "test", tls), "local");

describe("a daemon is reached", () => {
  test("over its unix socket, whatever DOCKER_HOST and DOCKER_CERT_PATH name", async () => {
    vi.stubEnv("DOCKER_HOST", "not an address at all://");
    vi.stubEnv("DOCKER_CERT_PATH", "/nonexistent");
    const daemon = await fakeDaemon(answers);
    try {
      expect(await engineAt(daemon.url).info()).toMatchObject({ version: "27.1.0", runtimes: ["runc", "runsc"] });
      expect(process.env["DOCKER_CERT_PATH"]).toBe("/nonexistent");
    } finally {
      await daemon.remove();
    }
  });

  test("over TCP", async () => {
    const daemon = await fakeTcpDaemon(answers);
    try {
      expect(await engineAt(`tcp://127.0.0.1:${daemon.port}`).info()).toMatchObject({ cpus: 4 });
    } finally {
      await daemon.close();
    }
  });

  test("over TLS with a client's certificate, and not when its own is signed by somebody else", async () => {
    const [ours, theirs] = [await certificates(), await certificates()];
    const daemon = await fakeTcpDaemon(answers, ours);
    const url = `tcp://127.0.0.1:${daemon.port}`;
    try {
      expect(await engineAt(url, { ...ours, verify: true }).info()).toMatchObject({ version: "27.1.0" });
      await expect(engineAt(url, { ...ours, ca: theirs.ca, verify: true }).info()).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("is not trusted") as string,
      });
      expect(await engineAt(url, { ...ours, ca: theirs.ca, verify: false }).info()).toMatchObject({ cpus: 4 });
    } finally {
      await daemon.close();
    }
  });

  test("over ssh, by the operator's own ssh", async () => {
    const daemon = await fakeDaemon(answers);
    try {
      useSsh(`exec ${process.execPath} -e '
        const socket = require("node:net").connect(${JSON.stringify(daemon.path)});
        process.stdin.pipe(socket).pipe(process.stdout)'`);
      expect(await engineAt("ssh://me@lab").info()).toMatchObject({ version: "27.1.0" });
    } finally {
      await daemon.remove();
    }
  });
});

describe("a daemon that is not reached", () => {
  test.each([
    ["is not there", NO_DAEMON, /there is no Docker daemon at unix:.*install Docker/],
    ["refuses connections", "tcp://127.0.0.1:1", /is down; start it there/],
    ["has no such name", "tcp://daemon.invalid:2375", /is not reached/],
  ])("because it %s says so, with what to do", async (_, url, message) => {
    await expect(engineAt(url).info()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(message) as string,
    });
  });

  test("over ssh says what ssh said last", async () => {
    useSsh("echo 'me@lab: Permission denied (publickey).' >&2; exit 255");
    await expect(engineAt("ssh://me@lab").info()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("Permission denied (publickey)") as string,
    });
  });

  test("is asked again once it is there", async () => {
    const daemon = await fakeDaemon(answers);
    try {
      await daemon.close();
      const engine = engineAt(daemon.url);
      await expect(engine.info()).rejects.toMatchObject({ code: "unavailable" });
      await daemon.listen();
      expect(await engine.info()).toMatchObject({ version: "27.1.0" });
    } finally {
      await daemon.remove();
    }
  });
});

test("ssh is asked for the docker command's own connection, with the operator's port and user", () => {
  expect(sshArguments("ssh://me@lab:2222").slice(-7)).toEqual([
    "-l",
    "me",
    "-p",
    "2222",
    "--",
    "lab",
    "docker system dial-stdio",
  ]);
});

test("an address cannot become an option of ssh", () => {
  const args = sshArguments("ssh://-oProxyCommand=x@host");
  expect(args[args.indexOf("-l") + 1]).toBe("-oProxyCommand=x"); // the value of -l, as ssh reads it
  expect(args.at(-2)).toBe("host");
});

describe("what a daemon says of itself", () => {
  test("tells whether it is rootless, remaps users, filters system calls and has an init", () => {
    const SecurityOptions = ["name=seccomp,profile=default", "name=rootless", "name=userns"];
    expect(toEngineInfo({ ...INFO, SecurityOptions, InitBinary: "docker-init" })).toMatchObject({
      rootless: true,
      remapped: true,
      seccomp: true,
      hasInit: true,
    });
    expect(toEngineInfo(INFO)).toMatchObject({ rootless: false, remapped: false, seccomp: false, hasInit: false });
  });
});

function useSsh(script: string): void {
  writeFileSync(join(folder, "ssh"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "ssh"), 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
}

/** One certificate that signs itself, for both sides. */
async function certificates(): Promise<{ ca: string; cert: string; key: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await X509CertificateGenerator.createSelfSigned({
    name: "CN=daemon",
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    extensions: [new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
  });
  const cert = made.toString("pem");
  const key = KeyObject.from(keys.privateKey).export({ format: "pem", type: "pkcs8" }).toString();
  return { ca: cert, cert, key };
}
