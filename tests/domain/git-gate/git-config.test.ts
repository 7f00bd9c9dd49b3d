// The agent's configuration as the real git reads it.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { GateRepo } from "#domain/git-gate/gate.ts";
import { gitConfig } from "#domain/git-gate/git-config.ts";

const repo = (more: Partial<GateRepo> = {}): GateRepo => ({
  name: "app",
  user: "git",
  host: "example.com",
  port: 22,
  path: "/org/app.git",
  identity: "/key",
  force_push: false,
  ...more,
});

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "git-config-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function withConfig(text: string, ...args: string[]): string {
  writeFileSync(join(home, ".gitconfig"), text);
  const env = { PATH: process.env["PATH"]!, HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", args, { cwd: home, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function goesTo(text: string, address: string): string {
  return withConfig(text, "ls-remote", "--get-url", address).replace(/\n$/, "");
}

/** One value a line, parted by zeros. */
function valueOf(text: string, key: string): string {
  return withConfig(text, "config", "--global", "-z", "--get", key).replace(/\0$/, "");
}

describe("the agent's addresses", () => {
  const text = gitConfig({}, [repo(), repo({ name: "app-docs", path: "/org/app-docs.git" })]);

  test.each([
    "ssh://git@example.com/org/app.git",
    "ssh://git@example.com/org/app",
    "ssh://git@example.com:22/org/app.git",
    "ssh://git@example.com:22/org/app",
    "git+ssh://git@example.com/org/app.git",
    "ssh+git://git@example.com/org/app.git",
    "git@example.com:org/app.git",
    "git@example.com:org/app",
    "git@example.com:/org/app.git",
    "[git@example.com:22]:org/app.git",
    "[git@example.com]:org/app.git",
  ])("%s is the gate's", (address) => {
    expect(goesTo(text, address)).toBe("http://127.0.0.1:9420/app.git");
  });

  test.each([
    "ssh://git@example.com/other/app.git",
    "ssh://other@example.com/org/app.git",
    "git@example.org:org/app.git",
    "https://example.com/org/app.git",
    "/org/app.git",
  ])("%s stays what it is", (address) => {
    expect(goesTo(text, address)).toBe(address);
  });

  test("of a repository whose name begins as another's are its own", () => {
    expect(goesTo(text, "git@example.com:org/app-docs.git")).toBe("http://127.0.0.1:9420/app-docs.git");
    expect(goesTo(text, "ssh://git@example.com/org/app-docs")).toBe("http://127.0.0.1:9420/app-docs.git");
  });

  test.each([
    "ssh://me@[fd00::1]:2222/srv/app.git",
    "ssh://me@[fd00::1]/srv/app",
    "me@[fd00::1]:srv/app.git",
    "me@[fd00::1]:/srv/app.git",
  ])("at an address of six are recognised: %s", (address) => {
    const six = gitConfig({}, [repo({ user: "me", host: "fd00::1", port: 2222, path: "/srv/app.git" })]);
    expect(goesTo(six, address)).toBe("http://127.0.0.1:9420/app.git");
  });

  test.each([
    "ssh://git@example.com:7999/org/app.git",
    "ssh://git@example.com/org/app.git",
    "git@example.com:org/app.git",
    "[git@example.com:7999]:org/app.git",
  ])("with a port of its own are recognised: %s", (address) => {
    expect(goesTo(gitConfig({}, [repo({ port: 7999 })]), address)).toBe("http://127.0.0.1:9420/app.git");
  });

  test("without a port are those of the usual port, where there is the same path at both", () => {
    const both = gitConfig({}, [repo(), repo({ name: "test", port: 2222 })]);
    expect(goesTo(both, "ssh://git@example.com/org/app.git")).toBe("http://127.0.0.1:9420/app.git");
    expect(goesTo(both, "git@example.com:org/app.git")).toBe("http://127.0.0.1:9420/app.git");
    expect(goesTo(both, "ssh://git@example.com:2222/org/app.git")).toBe("http://127.0.0.1:9420/test.git");
  });

  test("with a path from somebody's home are recognised", () => {
    const home = gitConfig({}, [repo({ path: "/~git/app.git" })]);
    expect(goesTo(home, "ssh://git@example.com/~git/app.git")).toBe("http://127.0.0.1:9420/app.git");
    expect(goesTo(home, "git@example.com:~git/app.git")).toBe("http://127.0.0.1:9420/app.git");
  });

  test("with blanks and other signs are recognised, as they are and encoded", () => {
    const odd = gitConfig({}, [repo({ path: '/a b/"c"#;\\d.git' })]);
    expect(goesTo(odd, 'git@example.com:a b/"c"#;\\d.git')).toBe("http://127.0.0.1:9420/app.git");
    expect(goesTo(odd, "ssh://git@example.com/a%20b/%22c%22#;%5Cd.git")).toBe("http://127.0.0.1:9420/app.git");
  });
});

describe("the agent's identity", () => {
  test("is what the definition says, and nothing where it says nothing", () => {
    const text = gitConfig({ name: "An Agent", email: "agent@example.com" }, []);
    expect(valueOf(text, "user.name")).toBe("An Agent");
    expect(valueOf(text, "user.email")).toBe("agent@example.com");
    expect(gitConfig({}, [])).toBe("");
  });

  test("cannot add a setting, whatever it is", { timeout: 60_000 }, () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc
        .array(fc.constantFrom('"', "\\", "\n", "\r", "]", "[core]", "pager = x", "#", ";", " ", "\t", "\0"), {
          maxLength: 12,
        })
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, email, path) => {
        const text = gitConfig({ name, email }, [repo({ path: `/x${path}` })]);
        const keys = withConfig(text, "config", "--global", "-z", "--name-only", "--list").split("\0");
        const named = [...(name === "" ? [] : ["user.name"]), ...(email === "" ? [] : ["user.email"])];
        expect(new Set(keys.filter((key) => key !== ""))).toEqual(
          new Set([...named, "http.http://127.0.0.1:9420.proxy", "url.http://127.0.0.1:9420/app.git.insteadof"]),
        );
        // oxlint-disable-next-line no-control-regex -- what cannot stand in a name
        const plain = name.toWellFormed().replaceAll(/[\u0000-\u001f\u007f]+/g, " ");
        if (name !== "") expect(valueOf(text, "user.name")).toBe(plain);
      }),
      { numRuns: 60 },
    );
  });
});
