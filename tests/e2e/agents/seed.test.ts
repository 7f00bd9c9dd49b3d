// A Codex that holds its own login: a bottle on the local backend, its seed, and the bottle that comes second.

import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { liveLease } from "#lib/seed/lease-file.ts";
import { readSeed } from "#lib/seed/seed-file.ts";
import { bottlePaths } from "#lib/paths.ts";
import type { ListRow, PreflightRow } from "#modes/json/schemas.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";
import { openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";
import { loginText } from "#tests/helpers/seeds.ts";

const KEY = "a key of sixteen characters or more";
/** Renews its login once it is told to, by a file in its home; as Codex does it. */
const CODEX = `#!/bin/bash
cp ~/.codex/auth.json ~/seen.json
token=$(sed -E 's/.*"access_token":"([^"]*)".*/\\1/' ~/.codex/auth.json)
curl -sSk -o /dev/null -H "authorization: Bearer $token" https://chatgpt.com/own
until [ -e ~/renew ]; do sleep 0.05; done
sed -E 's/(id|refresh)-1/\\1-2/g' ~/.codex/auth.json > ~/.codex/new && mv ~/.codex/new ~/.codex/auth.json
touch ~/renewed
exec sleep infinity
`;

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const ACCESS = `${part({ alg: "RS256", typ: "JWT" })}.${part({ sub: "user-1", exp: 4_000_000_000 })}.c2lnbmF0dXJl`;
const FIRST = loginText(1).replace("access-1", ACCESS);

let own: OwnRoot;
let upstream: TestUpstream;
let folder: string;
let seed: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "seed-e2e-"));
  seed = join(folder, "codex/auth.json");
  for (const name of ["codex", "bin"]) mkdirSync(join(folder, name));
  writeFileSync(seed, FIRST, { mode: 0o600 });
  writeFileSync(join(folder, "bin/codex"), CODEX, { mode: 0o755 });
  symlinkSync(seed, join(folder, "link.json"));
  upstream = await startUpstream("chatgpt.com");
  own = await openRoot({
    HOME: folder,
    PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
    BOTTLE_BACKEND: "local",
    SEED_KEY: KEY,
  });
  for (const name of ["bottles", "agents"]) mkdirSync(join(own.root, name));
  writeFileSync(join(own.root, "ca.pem"), upstream.authority.cert);
  define("coder", seed);
  define("other", join(folder, "link.json"));
});
afterEach(async () => {
  await own.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

function define(name: string, path: string): void {
  const egress = `egress: {upstream_ca: ${own.root}/ca.pem, hosts: {chatgpt.com: "${upstream.pin}"}}`;
  writeFileSync(
    join(own.root, `bottles/${name}.md`),
    `---\nagent_provider: {template: codex, seed: ${path}}\n${egress}\n---\n`,
  );
  writeFileSync(join(own.root, `agents/${name}.md`), `---\nbottle: ${name}\n---\n`);
}

const home = (slug: string): string => bottlePaths(own.root, slug).agent.home;
const start = async (): Promise<string> =>
  (await own.json<{ slug: string }>("start", "coder", "--yes", "--detach")).slug;

/** Resolves when the agent has another login. */
async function renew(slug: string): Promise<void> {
  writeFileSync(join(home(slug), "renew"), "");
  await expect
    .poll(() => statSync(join(home(slug), "renewed"), { throwIfNoEntry: false }), { timeout: 10_000 })
    .toBeDefined();
}

describe("an agent with a login of its own", () => {
  test("is given it, and what it renews is kept, encrypted, when it ends at the latest", async () => {
    writeFileSync(join(own.root, "config.yml"), "credentials: {key: {env: SEED_KEY}}\n");
    const slug = await start();
    await expect
      .poll(() => statSync(join(home(slug), "seen.json"), { throwIfNoEntry: false })?.size)
      .toBe(FIRST.length);
    expect(readFileSync(join(home(slug), "seen.json"), "utf8")).toBe(FIRST);
    expect(liveLease(seed, new Date())?.holder).toBe(slug);
    // The tunnel is not opened: what the agent sends itself arrives.
    await expect.poll(() => upstream.seen.map(({ headers }) => headers["authorization"])).toEqual([`Bearer ${ACCESS}`]);
    await renew(slug);
    await own.run("stop", slug, "--yes");
    expect(readFileSync(seed, "utf8")).not.toContain("refresh-");
    expect((await readSeed(seed, KEY)).text).toContain('"refresh_token":"refresh-2"');
    expect(liveLease(seed, new Date())).toBeUndefined();
    expect(await own.run("audit", "show", slug)).toContain("renewed its login");
    expect(await own.run("logs", slug)).not.toContain("refresh-");

    // And the next start has the renewed one.
    await own.run("resume", slug, "--detach");
    await expect.poll(() => readFileSync(join(home(slug), ".codex/auth.json"), "utf8")).toContain("refresh-2");
    delete (own.env as Record<string, string>)["SEED_KEY"];
    await own.run("stop", slug, "--yes");
    const { exitCode, stderr } = await own.attempt("start", "coder", "--yes");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("$SEED_KEY: is not set");
  });

  test("is alone with it: a second launch is refused by name, by whatever path, and leaves nothing behind", async () => {
    const slug = await start();
    const { exitCode, stderr } = await own.attempt("start", "other", "--yes");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`is in use by ${slug}`);
    expect((await own.json<ListRow[]>("list")).map((row) => row.slug)).toEqual([slug]);
    await own.run("stop", slug, "--yes");
    const second = await own.json<{ slug: string }>("start", "other", "--yes", "--detach");
    await own.run("stop", second.slug, "--yes");
  });

  test("is ended when another has its lease, and nothing of it is kept", async () => {
    const slug = await start();
    copyFileSync(seed, join(folder, "before.json"));
    const lease = JSON.parse(readFileSync(`${seed}.lease`, "utf8")) as object;
    writeFileSync(`${seed}.lease`, JSON.stringify({ ...lease, token: "cd".repeat(16), holder: "elsewhere" }));
    await renew(slug);
    const state = async () => (await own.json<ListRow[]>("list"))[0]?.state;
    await expect.poll(state, { timeout: 25_000, interval: 500 }).toBe("stopped");
    expect(readFileSync(seed)).toEqual(readFileSync(join(folder, "before.json")));
    expect(await own.run("audit", "show", slug)).toContain("elsewhere has it now");
  });

  test("is said to be a weakness before the launch", async () => {
    const { lines } = await own.json<PreflightRow>("start", "coder", "--dry-run");
    const texts = (label: string) => lines.filter((line) => line.label === label).map(({ text }) => text);
    expect(texts("credential")).toEqual([
      `${seed}, the agent's own: it may renew it, and what it renews is saved there`,
    ]);
    expect(texts("not enforced").join()).toContain("the agent holds its own credential");
    expect(liveLease(seed, new Date())).toBeUndefined(); // a look takes nothing
  });
});

describe("a seed that cannot be used", () => {
  test.each([
    ["is missing", () => rmSync(seed), "is not there"],
    ["is logged out", () => writeFileSync(seed, "{}"), "holds no credential: logged out"],
    ["is half written", () => writeFileSync(seed, loginText(1).slice(0, 80)), "not written to its end"],
  ])("%s: the launch is refused and nothing is left behind", async (_name, spoil, words) => {
    spoil();
    const { exitCode, stderr } = await own.attempt("start", "coder", "--yes");
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("access-");
    expect(await own.json<ListRow[]>("list")).toEqual([]);
    expect(liveLease(seed, new Date())).toBeUndefined();
  });
});
