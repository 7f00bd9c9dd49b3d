// A folder as an archive: what the system's own tar makes of it is the folder again.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  appendFileSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { writeTar, type TarEntry } from "#backends/docker/images/tar.ts";
import { folderEntries } from "#backends/docker/launch/folder-entries.ts";

let folder: string;
let from: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "folder-entries-"));
  from = join(folder, "from");
  mkdirSync(from);
});
afterEach(() => rmSync(folder, { recursive: true }));

const { signal } = new AbortController();
const entriesOf = (without = "/nowhere") => folderEntries(from, { as: "workspace", without, signal });

async function unpacked(entries: AsyncIterable<TarEntry>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(entries)) chunks.push(chunk);
  execFileSync("tar", ["-xpf-", "-C", folder], { input: Buffer.concat(chunks) });
  return join(folder, "workspace");
}

test("files, folders, modes, links and long names arrive as they are", async () => {
  const long = "a".repeat(120);
  mkdirSync(join(from, long, "deep"), { recursive: true });
  writeFileSync(join(from, long, "deep", "ünïcode"), "x".repeat(700_001));
  writeFileSync(join(from, "run.sh"), "echo ran", { mode: 0o755 });
  writeFileSync(join(from, "empty"), "");
  mkdirSync(join(from, "closed"));
  writeFileSync(join(from, "closed", "inside"), "y");
  chmodSync(join(from, "closed"), 0o700);
  symlinkSync("/etc/hostname", join(from, "out"));
  symlinkSync(`nowhere/${"b".repeat(150)}`, join(from, "dangling"));
  const to = await unpacked(entriesOf());
  expect(readFileSync(join(to, long, "deep", "ünïcode"), "utf8")).toHaveLength(700_001);
  expect(statSync(join(to, "run.sh")).mode & 0o777).toBe(0o755);
  expect(statSync(join(to, "empty")).size).toBe(0);
  expect(statSync(join(to, "closed")).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(to, "closed", "inside"), "utf8")).toBe("y");
  expect(readlinkSync(join(to, "out"))).toBe("/etc/hostname");
  expect(readlinkSync(join(to, "dangling"))).toBe(`nowhere/${"b".repeat(150)}`);
});

test("what is to stay out, sockets and pipes are not there", async () => {
  mkdirSync(join(from, "root"));
  writeFileSync(join(from, "root", "secret"), "s");
  execFileSync("mkfifo", [join(from, "pipe")]);
  const server = createServer().listen(join(from, "socket"));
  const to = await unpacked(entriesOf(join(from, "root")));
  server.close();
  expect(["root", "pipe", "socket"].filter((name) => existsSync(join(to, name)))).toEqual([]);
});

test.each([
  ["grows", (path: string) => appendFileSync(path, "more"), "0123456789"],
  ["shrinks", (path: string) => truncateSync(path, 4), `0123${"\0".repeat(6)}`],
])("a file that %s while it is read keeps the length that was said", async (_, change, expected) => {
  const path = join(from, "file");
  writeFileSync(path, "0123456789");
  async function* changing(): AsyncGenerator<TarEntry> {
    for await (const entry of entriesOf()) {
      if (entry.type === "file") change(path);
      yield entry;
    }
  }
  expect(readFileSync(join(await unpacked(changing()), "file"), "utf8")).toBe(expected);
});

test("a link in the place of a file is not followed", async () => {
  writeFileSync(join(from, "a"), "");
  writeFileSync(join(from, "b"), "mine");
  writeFileSync(join(folder, "secret"), "the operator's");
  const entries: string[] = [];
  const reading = (async () => {
    for await (const entry of entriesOf()) {
      entries.push(entry.path);
      if (entry.path !== "workspace/a") continue;
      rmSync(join(from, "b"));
      symlinkSync(join(folder, "secret"), join(from, "b"));
    }
  })();
  await expect(reading).rejects.toThrow(`${join(from, "b")}: ELOOP`);
  expect(entries).toEqual(["workspace", "workspace/a"]);
});

test("an interruption ends it", async () => {
  writeFileSync(join(from, "a"), "");
  writeFileSync(join(from, "b"), "");
  const interrupt = new AbortController();
  const reading = (async () => {
    for await (const entry of folderEntries(from, { as: "w", without: "/x", signal: interrupt.signal })) {
      if (entry.path === "w/a") interrupt.abort();
    }
  })();
  await expect(reading).rejects.toThrow(/interrupted/);
});
