// A login of the agent's own, as a launch finds it: what is refused before anything is made, and what the operator is told.

import { chmodSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { planSeed, withSeed } from "#core/launch/seed.ts";
import { type Config, DEFAULT_CONFIG } from "#domain/config/config.ts";
import type { Bottle } from "#domain/definition/bottle.ts";
import { takeLease } from "#lib/seed/lease-file.ts";
import { saveSeed } from "#lib/seed/seed-file.ts";
import { loginText, TOKEN } from "#tests/helpers/seeds.ts";

const KEY = "a key of sixteen characters or more";
let root: string;
let seed: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "plan-seed-")));
  seed = join(root, "auth.json");
  writeFileSync(seed, loginText(1), { mode: 0o600 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Setting {
  readonly written?: string;
  readonly backend?: string;
  readonly key?: Config["credentials"]["key"];
  readonly env?: Record<string, string>;
}

function plan({ written = seed, backend = "local", key, env = {} }: Setting = {}) {
  const bottle = { name: "dev", agent_provider: { template: "codex", seed: written } } as Bottle;
  const provision = {
    ownCredential: "/home/node/.codex/auth.json",
    routes: [{ host: "chatgpt.com", pipelock: { tls_passthrough: true } }, { host: "docs.test" }],
  };
  const credentials = key === undefined ? {} : { key };
  return planSeed(bottle, provision, {
    paths: { root, home: root },
    env,
    config: { ...DEFAULT_CONFIG, credentials },
    backend: { name: backend },
    now: new Date(),
  });
}

describe("a seed at a launch", () => {
  test("is put where the agent looks for it, and its weakness is said plainly", async () => {
    const planned = await plan();
    expect(planned?.guestFile).toEqual({ path: "/home/node/.codex/auth.json", content: loginText(1), mode: 0o600 });
    expect(planned?.watch).toMatchObject({ seed, file: ".codex/auth.json" });
    expect(planned?.secrets).toEqual({});
    const { weaknesses } = withSeed({ weaknesses: ["w"] } as never, planned);
    expect(weaknesses).toEqual([
      "w",
      `the agent holds its own credential (${seed}): it can read it, use it and try to send it away, and what it sends to chatgpt.com is not read`,
    ]);
  });

  test("is one seed by whatever link, and has another token at each launch", async () => {
    symlinkSync(seed, join(root, "link.json"));
    const [one, other] = [await plan({ written: "~/link.json" }), await plan()];
    expect(one?.watch.seed).toBe(seed);
    expect(one?.watch.token).not.toBe(other?.watch.token);
  });

  test("is refused where nobody could watch it: by every backend but the local one", async () => {
    for (const backend of ["docker", "docker:build-1"])
      // oxlint-disable-next-line no-await-in-loop -- one refusal after the other
      await expect(plan({ backend })).rejects.toMatchObject({
        code: "invalid",
        where: "bottle dev: agent_provider.seed",
        hint: expect.stringContaining("--backend local"),
      });
  });

  test("is refused while another bottle has it, by name", async () => {
    await takeLease({ seed, holder: "coder-abcde", token: TOKEN });
    await expect(plan()).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("is in use by coder-abcde"),
    });
  });

  test("warns of a file that others may read", async () => {
    chmodSync(seed, 0o644);
    expect((await plan())?.warnings).toEqual([`${seed} can be read by others: chmod 600 it`]);
  });
});

describe("a key for seeds", () => {
  test("is a variable's value or a file's content, and goes to the watcher alone", async () => {
    writeFileSync(join(root, "key"), `${KEY}\n`);
    const [fromEnv, fromFile] = [
      await plan({ key: { env: "K" }, env: { K: KEY } }),
      await plan({ key: { file: "~/key" } }),
    ];
    expect(fromEnv?.secrets).toEqual({ CREDENTIALS_KEY: KEY });
    expect(fromFile?.secrets).toEqual({ CREDENTIALS_KEY: KEY });
    expect(fromEnv?.warnings.join()).toContain("is not encrypted yet");
    await saveSeed(seed, loginText(2), KEY);
    expect((await plan({ key: { file: "~/key" } }))?.guestFile.content).toBe(loginText(2));
  });

  test("that is missing, short, another one, or not configured is said as such", async () => {
    const key = { env: "K" };
    await expect(plan({ key })).rejects.toThrow("$K: is not set");
    await expect(plan({ key, env: { K: "short" } })).rejects.toThrow("is too short for a key");
    await expect(plan({ key: { file: "/nowhere/key" } })).rejects.toThrow("/nowhere/key: cannot be read");
    await saveSeed(seed, loginText(1), KEY);
    await expect(plan()).rejects.toThrow("is encrypted, and no key is configured");
    await expect(plan({ key, env: { K: `${KEY}!` } })).rejects.toThrow("the key is another one");
  });
});
