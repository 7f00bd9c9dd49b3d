import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { openScrollback } from "#sidecars/guest-agent/scrollback-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scrollback-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("reads back what was written, from any offset", async () => {
  const scrollback = await openScrollback(join(folder, "raw"));
  scrollback.append(Buffer.from("hello "));
  scrollback.append(Buffer.from("world"));
  expect(await scrollback.read(0, 100)).toEqual({ data: "hello world", next_cursor: 11, truncated: false });
  expect(await scrollback.read(6, 3)).toEqual({ data: "wor", next_cursor: 9, truncated: false });
  expect(await scrollback.read(11, 100)).toEqual({ data: "", next_cursor: 11, truncated: false });
  expect(await scrollback.read(99, 100)).toEqual({ data: "", next_cursor: 11, truncated: false });
  await scrollback.close();
});

test("never splits a character, wherever a read ends or begins", async () => {
  const text = "aé日😀z".repeat(50);
  const scrollback = await openScrollback(join(folder, "raw"));
  scrollback.append(Buffer.from(text));
  for (let limit = 4; limit < 12; limit += 1) {
    let cursor = 0;
    let read = "";
    for (;;) {
      const { data, next_cursor } = await scrollback.read(cursor, limit);
      if (data === "") break;
      expect(data).not.toContain("\ufffd");
      read += data;
      cursor = next_cursor;
    }
    expect(read).toBe(text);
  }
  expect((await scrollback.read(2, 100)).data).toMatch(/^日/); // the second half of é is skipped
  await scrollback.close();
});

test("gets past bytes that are no UTF-8", async () => {
  const scrollback = await openScrollback(join(folder, "raw"));
  scrollback.append(Buffer.from([0x61, 0xff, 0xfe, 0x62, 0xe6, 0x97]));
  const { data, next_cursor } = await scrollback.read(0, 100);
  expect(data.slice(0, 4)).toBe("a\ufffd\ufffdb");
  expect((await scrollback.read(next_cursor, 100)).next_cursor).toBe(6);
  await scrollback.close();
});

test("stays within two files of bounded size, and says what it forgot", async () => {
  const path = join(folder, "raw");
  const scrollback = await openScrollback(path, 1000);
  for (let line = 0; line < 500; line += 1) {
    scrollback.append(Buffer.from(`line ${String(line).padStart(4, "0")}\n`));
    await scrollback.drained();
  }
  expect(statSync(path).size + statSync(`${path}.1`).size).toBeLessThanOrEqual(2000);
  const first = await scrollback.read(0, 20);
  expect(first.truncated).toBe(true);
  let all = "";
  for (let cursor = first.next_cursor; ;) {
    const { data, next_cursor } = await scrollback.read(cursor, 64);
    if (data === "") break;
    all += data;
    cursor = next_cursor;
  }
  expect(all).toMatch(/line 0498\nline 0499\n$/);
  await scrollback.close();
});

test("keeps what a former run left", async () => {
  const path = join(folder, "deep", "raw");
  const first = await openScrollback(path);
  first.append(Buffer.from("former"));
  await first.close();
  const second = await openScrollback(path);
  expect(await second.read(0, 100)).toEqual({ data: "", next_cursor: 0, truncated: false });
  await second.close();
  expect(existsSync(`${path}.1`)).toBe(true);
});
