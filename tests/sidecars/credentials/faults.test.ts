// What must hold of a seed whatever happens: a crash between any two steps, several who want it, clocks that jump, a disk
// that is full.

import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { Lease } from "#domain/credentials/lease.ts";
import { holdSeed } from "#core/launch/seed.ts";
import { liveLease, releaseLease, takeLease } from "#lib/seed/lease-file.ts";
import { readSeed, saveSeed } from "#lib/seed/seed-file.ts";
import { openWatch } from "#sidecars/credentials/watch.ts";
import { requirement } from "#tests/helpers/require.ts";
import { loginText, seedFolder, type SeedFolder, TOKEN } from "#tests/helpers/seeds.ts";

const run = promisify(execFile);
const program = (name: string): string => join(import.meta.dirname, name);
const OTHER = "cd".repeat(16);
const KEY = "sixteen characters or more";

let of: SeedFolder;
beforeEach(async () => void (of = await seedFolder()));
afterEach(() => of.remove());

/** Undefined when it was killed; else how many changes it made on the disk. */
async function look(at: number, key: string): Promise<number | undefined> {
  const args = [program("one-look.ts"), of.seed, of.paths.agent.home, of.slug, TOKEN, key, String(at)];
  try {
    return Number((await run(process.execPath, args)).stdout);
  } catch (error) {
    expect(error).toMatchObject({ signal: "SIGKILL" });
    return undefined;
  }
}

describe("a watcher that is killed before any change on the disk", () => {
  test.each([
    // Together every step: each is a process or three.
    ["plain", "", 1],
    ["encrypted", KEY, 2],
  ])(
    "leaves the old login or the new one, whole, and its lease to its next start: %s",
    async (_name, key, first) => {
      const keyed = key === "" ? undefined : key;
      let whole: number | undefined;
      const found = new Set<string>();
      for (let at = first; whole === undefined; at += 2) {
        of.remove();
        // oxlint-disable-next-line no-await-in-loop -- one crash after the other
        of = await seedFolder();
        // oxlint-disable-next-line no-await-in-loop -- see above
        if (keyed !== undefined) await saveSeed(of.seed, loginText(1), keyed);
        of.agentWrites(loginText(2));
        // oxlint-disable-next-line no-await-in-loop -- see above
        whole = await look(at, key);
        // oxlint-disable-next-line no-await-in-loop -- see above
        const { text, isSealed } = await readSeed(of.seed, keyed);
        expect([loginText(1), loginText(2)]).toContain(text);
        expect(isSealed).toBe(keyed !== undefined);
        found.add(text);
        if (whole !== undefined) continue;
        if (existsSync(`${of.seed}.lease`)) {
          expect(Lease.parse(JSON.parse(readFileSync(`${of.seed}.lease`, "utf8"))).token).toBe(TOKEN);
          // oxlint-disable-next-line no-await-in-loop -- see above
          expect(await look(0, key)).toBeGreaterThan(0);
          // oxlint-disable-next-line no-await-in-loop -- see above
          expect((await readSeed(of.seed, keyed)).text).toBe(loginText(2));
        } else expect(text).toBe(loginText(2)); // it had let go of it already
      }
      expect(found).toEqual(new Set([loginText(1), loginText(2)]));
      expect(whole).toBeGreaterThan(15);
    },
    120_000,
  );
});

describe("of several processes that want a lease at once", () => {
  test("exactly one takes over an expired one", async () => {
    await releaseLease(of.lease);
    await takeLease(of.lease, () => new Date(Date.now() - 3_600_000));
    const contenders = Array.from({ length: 6 }, (_, index) => {
      const args = [program("contender.ts"), of.seed, `bottle-${index}`, String(index).padStart(32, "0")];
      const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => void (output += chunk));
      return { child, ready: once(child.stdout, "data"), exit: once(child, "exit"), said: () => output.split("\n")[1] };
    });
    await Promise.all(contenders.map(({ ready }) => ready));
    for (const { child } of contenders) child.stdin.write("go\n");
    await Promise.all(contenders.map(({ exit }) => exit));
    const said = contenders.map((one) => one.said());
    expect(said.toSorted((one, other) => String(one).localeCompare(String(other)))).toEqual([
      ...Array.from({ length: 5 }, () => "conflict"),
      "taken",
    ]);
    expect(liveLease(of.seed, new Date())?.holder).toBe(`bottle-${said.indexOf("taken")}`);
  });

  test("a launch is refused while another bottle has the seed, and has not taken anything", async () => {
    const seed = {
      watch: { seed: of.seed, file: ".codex/auth.json", token: OTHER },
      guestFile: { path: "/home/node/.codex/auth.json", content: loginText(1), mode: 0o600 },
      secrets: {},
      warnings: [],
      line: { label: "", text: "" },
      weakness: "",
      digest: "0".repeat(64),
      key: undefined,
    };
    await expect(holdSeed(seed, "second")).rejects.toMatchObject({ code: "conflict" });
    await releaseLease(of.lease);
    // Now it is free, but it is another login than the launch had read.
    await expect(holdSeed(seed, "second")).rejects.toMatchObject({ message: expect.stringContaining("was renewed") });
    expect(liveLease(of.seed, new Date())).toBeUndefined();
  });
});

describe("clocks that jump", () => {
  const hours = (count: number) => () => new Date(Date.now() + count * 3_600_000);
  const lost: (string | undefined)[] = [];
  const watchWith = (clock: { now: () => Date }) =>
    openWatch({
      home: of.paths.agent.home,
      file: ".codex/auth.json",
      key: undefined,
      lease: of.lease,
      tell: () => {},
      saved: async () => {},
      lost: async (by) => void lost.push(by?.holder),
      endAgent: async () => true,
      now: () => clock.now(),
    });
  beforeEach(() => void (lost.length = 0));

  test.each([2, -2])("by %i hours take nothing from a holder that nobody competes with", async (jump) => {
    const clock = { now: hours(0) };
    const watching = await watchWith(clock);
    clock.now = hours(jump);
    of.agentWrites(loginText(2));
    expect(await watching.tick()).toBe(true);
    expect(of.seedText()).toBe(loginText(2));
    expect(liveLease(of.seed, hours(jump)())?.token).toBe(TOKEN);
  });

  test.each([2, -2])("by %i hours may hand it to another, and then the first saves nothing any more", async (jump) => {
    const clock = { now: hours(0) };
    const watching = await watchWith(clock);
    expect(await watching.tick()).toBe(true);
    await takeLease({ seed: of.seed, holder: "other", token: OTHER }, hours(jump));
    of.agentWrites(loginText(2));
    for (const now of [hours(0), hours(jump), hours(9)]) {
      clock.now = now;
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await watching.tick()).toBe(false);
    }
    await watching.finish();
    expect(of.seedText()).toBe(loginText(1));
    expect(lost).toEqual(["other"]);
    expect(liveLease(of.seed, hours(jump)())?.token).toBe(OTHER);
  });
});

describe("on a full disk", requirement("mount", rootMissing), () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "seed-full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
  });
  afterEach(() => {
    execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  test("the old login stays whole, and the new one is saved when there is room again", async () => {
    const full = await seedFolder(folder);
    const told: string[] = [];
    const watching = await openWatch({
      home: full.paths.agent.home,
      file: ".codex/auth.json",
      key: KEY,
      lease: { ...full.lease, waitMs: 200 },
      tell: (line) => void told.push(line),
      saved: async () => {},
      lost: async () => {},
      endAgent: async () => true,
    });
    full.agentWrites(loginText(2));
    const ballast = join(folder, "ballast");
    for (let size = 65_536, part = 0; size >= 1; size = Math.floor(size / 2), part += 1)
      try {
        writeFileSync(`${ballast}-${part}`, Buffer.alloc(size));
      } catch {
        // as much as there is room for
      }
    expect(await watching.tick()).toBe(true);
    expect(await watching.tick()).toBe(true);
    expect(told).toEqual([expect.stringContaining("the disk is full; nothing was changed")]);
    expect(full.seedText()).toBe(loginText(1));
    execFileSync("sh", ["-c", 'rm -f "$1"-*', "sh", ballast]);
    expect(await watching.tick()).toBe(true);
    expect((await readSeed(full.seed, KEY)).text).toBe(loginText(2));
  });
});

function rootMissing(): string | undefined {
  return process.getuid?.() === 0 ? undefined : "mounting a tmpfs needs root";
}
