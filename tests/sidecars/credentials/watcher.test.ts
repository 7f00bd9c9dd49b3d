// The credential watcher as init starts it: a real process over real files.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { readAuditLog } from "#lib/store/audit-log.ts";
import { liveLease, takeLease } from "#lib/seed/lease-file.ts";
import { readSeed, saveSeed } from "#lib/seed/seed-file.ts";
import { listenUnix } from "#lib/unix-socket.ts";
import {
  endWatchers,
  loginText,
  seedFolder,
  type SeedFolder,
  startWatcher,
  type Watcher,
} from "#tests/helpers/seeds.ts";

const KEY = "sixteen characters or more";
let of: SeedFolder;

beforeEach(async () => void (of = await seedFolder()));
afterEach(async () => {
  await endWatchers();
  of.remove();
});

const told = (watcher: Watcher, words: string) =>
  vi.waitFor(() => expect(watcher.output()).toContain(words), { timeout: 5000 });
const audit = async (): Promise<string[]> =>
  (await readAuditLog({ root: of.root, slug: of.slug })).map(({ action, detail }) => `${action}: ${detail}`);
async function stop(watcher: Watcher): Promise<void> {
  watcher.process.kill("SIGTERM");
  expect(await watcher.exit()).toBe(0);
}

describe("a login that the agent renews", () => {
  test("is saved in its place, readable by its owner alone, and put on record without a value", async () => {
    const watcher = await startWatcher(of);
    of.agentWrites(loginText(2));
    await expect.poll(of.seedText, { timeout: 5000 }).toBe(loginText(2));
    of.agentWrites(loginText(3));
    await expect.poll(of.seedText, { timeout: 5000 }).toBe(loginText(3));
    await stop(watcher);
    expect(statSync(of.seed).mode & 0o777).toBe(0o600);
    expect((await audit()).filter((line) => line.startsWith("credential-saved"))).toHaveLength(2);
    expect([watcher.output(), ...(await audit())].join("\n")).not.toMatch(/(?:id|access|refresh)-\d/);
    expect(readdirSync(dirname(of.seed))).toEqual(["auth.json"]); // no lease, no lock, nothing half written
  });

  test("is saved at the end as well, also when init is gone", async () => {
    for (const end of ["SIGTERM", "stdin"] as const) {
      of.remove();
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      of = await seedFolder();
      // oxlint-disable-next-line no-await-in-loop -- see above
      const watcher = await startWatcher(of, { everyMs: 600_000 });
      of.agentWrites(loginText(end));
      if (end === "stdin") watcher.process.stdin?.end();
      else watcher.process.kill(end);
      // oxlint-disable-next-line no-await-in-loop -- see above
      expect(await watcher.exit()).toBe(0);
      expect(of.seedText()).toBe(loginText(end));
      expect(liveLease(of.seed, new Date())).toBeUndefined();
    }
  });

  test("is encrypted where a key is configured: a plain seed with its first change", async () => {
    const watcher = await startWatcher(of, { key: KEY });
    expect(of.seedText()).toBe(loginText(1));
    of.agentWrites(loginText(2));
    await vi.waitFor(async () => expect((await readSeed(of.seed, KEY)).text).toBe(loginText(2)), { timeout: 5000 });
    expect(of.seedText()).not.toContain("refresh-2");
    of.agentWrites(loginText(3));
    await vi.waitFor(async () => expect((await readSeed(of.seed, KEY)).text).toBe(loginText(3)), { timeout: 5000 });
    await stop(watcher);
  });

  test("never goes over a seed whose key is another one", async () => {
    await saveSeed(of.seed, loginText(1), KEY);
    const watcher = await startWatcher(of, { key: KEY });
    rmSync(of.seed);
    writeFileSync(of.seed, loginText(1));
    await saveSeed(of.seed, loginText(1), "another key that is long");
    const before = of.seedText();
    of.agentWrites(loginText(2));
    await told(watcher, "cannot be decrypted");
    await stop(watcher);
    expect(of.seedText()).toBe(before);
  });
});

describe("what the agent leaves in its place", () => {
  const secret = "of-the-operator";
  const cases: [string, (file: string, elsewhere: string) => void, string][] = [
    ["half a file", (file) => writeFileSync(file, loginText(2).slice(0, 90)), "not written to its end"],
    ["nothing in it", (file) => writeFileSync(file, ""), "is empty"],
    ["a logout", (file) => writeFileSync(file, '{"tokens": null, "OPENAI_API_KEY": null}'), "logged out"],
    ["another account", (file) => writeFileSync(file, loginText(2, "acct-evil")), "another account"],
    ["a foreign shape", (file) => writeFileSync(file, '{"tokens": {"access_token": 7}}'), "another shape"],
    ["a huge file", (file) => writeFileSync(file, "x".repeat(8_000_000)), "is too large"],
    ["no text", (file) => writeFileSync(file, Buffer.from([0xff, 0xfe])), "is no text"],
    ["a link", (file, elsewhere) => (rmSync(file), symlinkSync(elsewhere, file)), "is a link"],
    ["a pipe", (file) => (rmSync(file), execFileSync("mkfifo", [file])), "is no file"],
    ["a folder", (file) => (rmSync(file), mkdirSync(file)), "is no file"],
    [
      "its folder a link",
      (file, elsewhere) => (rmSync(dirname(file), { recursive: true }), symlinkSync(dirname(elsewhere), dirname(file))),
      "behind a link",
    ],
  ];

  test.each(cases)("%s never replaces a good login", async (_name, leave, words) => {
    const watcher = await startWatcher(of);
    const elsewhere = join(of.root, "secrets", "auth.json");
    mkdirSync(dirname(elsewhere), { recursive: true });
    writeFileSync(elsewhere, loginText(secret));
    leave(of.file, elsewhere);
    await told(watcher, words);
    await stop(watcher);
    expect(of.seedText()).toBe(loginText(1));
    expect(watcher.output()).not.toContain(secret);
    expect(watcher.output().split(words)).toHaveLength(2); // said once, not with every look
  });

  test("is looked at again, and saved once it is good", async () => {
    const watcher = await startWatcher(of);
    rmSync(dirname(of.file), { recursive: true });
    symlinkSync("/etc", dirname(of.file));
    await told(watcher, "behind a link");
    rmSync(dirname(of.file));
    mkdirSync(dirname(of.file));
    of.agentWrites(loginText(2));
    await expect.poll(of.seedText, { timeout: 5000 }).toBe(loginText(2));
    await stop(watcher);
  });

  test("swapped again and again, never lets anything but the agent's own file through", async () => {
    const watcher = await startWatcher(of, { everyMs: 1 });
    const folder = dirname(of.file);
    const elsewhere = join(of.root, "secrets");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "auth.json"), loginText(secret));
    symlinkSync(elsewhere, `${folder}.link`);
    for (let turn = 0; turn < 400; turn++) {
      renameSync(folder, `${folder}.real`);
      renameSync(`${folder}.link`, folder);
      // oxlint-disable-next-line no-await-in-loop -- lets the watcher look in between
      await new Promise((resolve) => setImmediate(resolve));
      renameSync(folder, `${folder}.link`);
      renameSync(`${folder}.real`, folder);
    }
    await stop(watcher);
    expect(of.seedText()).toBe(loginText(1));
  });

  test("as a second name of a file is its own file", async () => {
    const watcher = await startWatcher(of);
    writeFileSync(`${of.file}.new`, loginText(2));
    rmSync(of.file);
    linkSync(`${of.file}.new`, of.file);
    await expect.poll(of.seedText, { timeout: 5000 }).toBe(loginText(2));
    await stop(watcher);
  });
});

describe("a lease that is lost", () => {
  let server: Server;
  let asked: string[];
  beforeEach(async () => {
    asked = [];
    server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk: Buffer) => {
        asked.push(String(chunk));
        socket.end('{"id":1,"ok":true}\n');
      });
    });
    await listenUnix(server, of.paths.agent.socket);
  });
  afterEach(() => void server.close());

  test("ends the agent, is put on record, and nothing is saved any more", async () => {
    const watcher = await startWatcher(of, { everyMs: 20 });
    const later = () => new Date(Date.now() + 3_600_000); // the other one's clock
    const from = await takeLease({ ...of.lease, token: "cd".repeat(16), holder: "other-fghij" }, later);
    expect(from?.holder).toBe(of.slug);
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(1)); // until it is gone
    expect(JSON.parse(asked[0]!)).toMatchObject({ action: "close_shell", shell: "agent" });
    of.agentWrites(loginText(2));
    await stop(watcher);
    expect(of.seedText()).toBe(loginText(1));
    expect(liveLease(of.seed, later())?.holder).toBe("other-fghij"); // not released either
    expect(await audit()).toEqual([
      `credential-lost: the lease of ${of.seed} was lost (other-fghij has it now): the agent was ended`,
    ]);
  });

  test("also when somebody removed it: another may have had it in between", async () => {
    const watcher = await startWatcher(of);
    rmSync(`${of.seed}.lease`);
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(0));
    expect(existsSync(`${of.seed}.lease`)).toBe(false);
    await stop(watcher);
  });
});

describe("a watcher that is killed", () => {
  test("leaves a lease that expires, and can be taken then and no sooner", async () => {
    const watcher = await startWatcher(of, { leaseMs: 3000 });
    watcher.process.kill("SIGKILL");
    await watcher.exit();
    const next = { ...of.lease, token: "cd".repeat(16), holder: "next-fghij", leaseMs: 3000 };
    await expect(takeLease(next)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`is in use by ${of.slug}`),
      hint: expect.stringContaining(`bottle-dash stop ${of.slug}`),
    });
    const { expires_at } = JSON.parse(readFileSync(`${of.seed}.lease`, "utf8")) as { expires_at: string };
    const from = await vi.waitFor(() => takeLease(next), { timeout: 8000, interval: 100 });
    expect(from?.holder).toBe(of.slug);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expires_at));
  });

  test("goes on with its own lease when init starts it again", async () => {
    const first = await startWatcher(of);
    first.process.kill("SIGKILL");
    await first.exit();
    const second = await startWatcher(of);
    of.agentWrites(loginText(2));
    await expect.poll(of.seedText, { timeout: 5000 }).toBe(loginText(2));
    await stop(second);
  });
});
