import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { followText } from "#lib/follow-text.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bottle-dash-test-"));
  path = join(folder, "crash.log");
});
afterEach(() => rm(folder, { recursive: true }));

async function tailOf(tail: number): Promise<string[]> {
  const lines: string[] = [];
  await followText(path, { tail, follow: false }, (line) => lines.push(line), new AbortController().signal);
  return lines;
}

describe("the end of a text file", () => {
  it.each([
    ["a\nb\nc\n", 2, ["b", "c"]],
    ["a\nb\nc", 2, ["b", "c"]],
    ["a\n\n\n", 2, ["", ""]],
    ["a\n", 5, ["a"]],
    ["a\nb\n", 0, []],
    ["", 5, []],
  ])("of %j are the last %i lines", async (text, tail, lines) => {
    await writeFile(path, text);
    expect(await tailOf(tail)).toEqual(lines);
  });

  it("is found across blocks", async () => {
    await writeFile(path, Array.from({ length: 30_000 }, (_, index) => `line ${index}\n`).join(""));
    const lines = await tailOf(20_000);
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([20_000, "line 10000", "line 29999"]);
  });

  it("is cut where a line is too long, and throws where there is no file", async () => {
    await writeFile(path, `${"x".repeat(1_000_000)}\nend\n`);
    expect((await tailOf(2)).map((line) => line.length)).toEqual([16_384, 3]);
    path = join(folder, "missing");
    await expect(tailOf(1)).rejects.toThrow("ENOENT");
  });

  it("goes on with what is written, through truncation and removal, until the signal", async () => {
    await writeFile(path, "old\n");
    const lines: string[] = [];
    const operator = new AbortController();
    const following = followText(path, { tail: 1, follow: true }, (line) => lines.push(line), operator.signal);
    await expect.poll(() => lines).toEqual(["old"]);
    await appendFile(path, "one\ntw");
    await appendFile(path, "o\n");
    await expect.poll(() => lines).toEqual(["old", "one", "two"]);
    await writeFile(path, "new\n");
    await expect.poll(() => lines).toEqual(["old", "one", "two", "new"]);
    await rm(path);
    await writeFile(path, "again\n");
    await expect.poll(() => lines.at(-1)).toBe("again");
    operator.abort();
    await following;
  });
});
