import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { endpointName, parseEndpoint } from "#backends/docker/engine/endpoint.ts";
import { findEndpoint } from "#backends/docker/engine/find-endpoint.ts";
import { sha256 } from "#lib/hash.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "endpoint-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const environment = { kind: "environment" } as const;

describe("the daemon's address", () => {
  test.each([
    ["unix:///run/docker.sock", { kind: "unix", path: "/run/docker.sock" }],
    ["tcp://10.1.2.3:2375", { kind: "tcp", host: "10.1.2.3", port: 2375, tls: undefined }],
    ["10.1.2.3:2375", { kind: "tcp", host: "10.1.2.3", port: 2375, tls: undefined }],
    ["tcp://build", { kind: "tcp", host: "build", port: 2375, tls: undefined }],
    ["http://[::1]:80", { kind: "tcp", host: "::1", port: 80, tls: undefined }],
    ["ssh://me@lab:2222", { kind: "ssh", url: "ssh://me@lab:2222" }],
  ])("is read from %s", (text, expected) => {
    expect(parseEndpoint(text, "here", undefined)).toEqual(
      // A port that is the scheme's own is not in the URL.
      text === "http://[::1]:80" ? { ...expected, port: 2375 } : expected,
    );
  });

  test("is encrypted where it says https or there are certificates", () => {
    const tls = { ca: "CA", cert: undefined, key: undefined, verify: true };
    expect(parseEndpoint("tcp://build", "here", tls)).toEqual({ kind: "tcp", host: "build", port: 2376, tls });
    expect(parseEndpoint("https://build", "here", undefined)).toMatchObject({ port: 2376, tls: { verify: true } });
  });

  test.each(["unix://relative", "npipe:////./pipe/docker", "tcp://host:1/path", "tcp://", "://"])(
    "that is malformed is refused without repeating it: %s",
    (text) => {
      expect(() => parseEndpoint(text, "DOCKER_HOST", undefined)).toThrow(
        expect.objectContaining({ code: "invalid", where: "DOCKER_HOST" }),
      );
    },
  );

  test("is shown as people write it", () => {
    const shown = ["unix:///x", "tcp://a:1", "https://a:1", "ssh://me@a"].map((text) =>
      endpointName(parseEndpoint(text, "here", undefined)),
    );
    expect(shown).toEqual(["unix:///x", "tcp://a:1", "https://a:1", "ssh://me@a"]);
  });
});

describe("the daemon of the environment", () => {
  test("is that of DOCKER_HOST, whatever context is named", () => {
    writeContext("other", { Host: "tcp://other:1" });
    const env = { HOME: home, DOCKER_HOST: "tcp://mine:2", DOCKER_CONTEXT: "other" };
    expect(findEndpoint(environment, env)).toMatchObject({ host: "mine" });
  });

  test("is that of DOCKER_CONTEXT before the current context", () => {
    writeContext("named", { Host: "tcp://named:1" });
    writeContext("current", { Host: "tcp://current:1" });
    writeConfig({ currentContext: "current", auths: {} });
    expect(findEndpoint(environment, { HOME: home, DOCKER_CONTEXT: "named" })).toMatchObject({ host: "named" });
    expect(findEndpoint(environment, { HOME: home })).toMatchObject({ host: "current" });
  });

  test("is the usual socket without any of them, and for the context `default`", () => {
    writeConfig({ currentContext: "default" });
    expect(findEndpoint(environment, { HOME: home })).toMatchObject({ kind: "unix" });
    expect(findEndpoint(environment, { HOME: home, DOCKER_HOST: "" })).toMatchObject({ kind: "unix" });
  });

  test("is a rootless daemon's socket where only that one is there", ({ skip }) => {
    if (findEndpoint(environment, { HOME: "/nonexistent" }).kind !== "unix") skip("there is a context here");
    const socket = join(home, "docker.sock");
    writeFileSync(socket, "");
    const found = findEndpoint(environment, { HOME: home, XDG_RUNTIME_DIR: home });
    expect([socket, "/var/run/docker.sock"]).toContain((found as { path: string }).path);
  });

  test("has the certificates of DOCKER_CERT_PATH when DOCKER_TLS_VERIFY says so", () => {
    for (const name of ["ca", "cert", "key"]) writeFileSync(join(home, `${name}.pem`), name.toUpperCase());
    const env = { HOME: "/nonexistent", DOCKER_HOST: "tcp://build:2376", DOCKER_CERT_PATH: home };
    expect(findEndpoint(environment, { ...env, DOCKER_TLS_VERIFY: "1" })).toMatchObject({
      tls: { ca: "CA", cert: "CERT", key: "KEY", verify: true },
    });
    expect(findEndpoint(environment, { ...env, DOCKER_TLS: "1" })).toMatchObject({ tls: { verify: false } });
    expect(findEndpoint(environment, env)).toMatchObject({ tls: undefined });
  });

  test("has DOCKER_CONFIG for its folder", () => {
    writeContext("lab", { Host: "ssh://lab" });
    expect(findEndpoint(environment, { DOCKER_CONFIG: join(home, ".docker"), DOCKER_CONTEXT: "lab" })).toEqual({
      kind: "ssh",
      url: "ssh://lab",
    });
  });
});

describe("a docker context", () => {
  test("has the certificates beside it, and may do without verification", () => {
    writeContext("tls", { Host: "tcp://build:2376", SkipTLSVerify: true });
    const folder = join(home, ".docker", "contexts", "tls", sha256("tls"), "docker");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "ca.pem"), "CA");
    expect(findEndpoint({ kind: "context", context: "tls" }, { HOME: home })).toEqual({
      kind: "tcp",
      host: "build",
      port: 2376,
      tls: { ca: "CA", cert: undefined, key: undefined, verify: false },
    });
  });

  test("that is not there is refused, with how to see which are", () => {
    expect(() => findEndpoint({ kind: "context", context: "gone" }, { HOME: home })).toThrow(
      expect.objectContaining({
        code: "invalid",
        message: expect.stringMatching(/"gone".*docker context ls/) as string,
      }),
    );
  });

  test.each(["{", "[]", '{"Endpoints": 1}'])("that is malformed is refused with its file: %s", (text) => {
    const folder = join(home, ".docker", "contexts", "meta", sha256("bad"));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "meta.json"), text);
    expect(() => findEndpoint({ kind: "context", context: "bad" }, { HOME: home })).toThrow(
      expect.objectContaining({ code: "invalid", where: join(folder, "meta.json") }),
    );
  });
});

function writeConfig(config: object): void {
  mkdirSync(join(home, ".docker"), { recursive: true });
  writeFileSync(join(home, ".docker", "config.json"), JSON.stringify(config));
}

function writeContext(name: string, docker: object): void {
  const folder = join(home, ".docker", "contexts", "meta", sha256(name));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "meta.json"), JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }));
}
