import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { openLog } from "#lib/log-file.ts";
import { newRoot, NOW } from "#tests/helpers/store.ts";

const MEGABYTE = 1_048_576;

async function logged(texts: readonly string[]): Promise<{ at: string; source: string; text: string }[]> {
  const path = join(newRoot(), "logs", "agent.jsonl");
  const log = openLog(path, "agent");
  for (const text of texts) log.write(text, NOW);
  await log.close();
  const written = readFileSync(path, "utf8");
  expect(written.endsWith("\n")).toBe(true);
  return written
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { at: string; source: string; text: string });
}

describe("a log", () => {
  test("is one {at, source, text} a line, private", async () => {
    const path = join(newRoot(), "logs", "agent.jsonl");
    const log = openLog(path, "agent");
    log.write("hello", NOW);
    await log.close();
    expect(readFileSync(path, "utf8")).toBe(`{"at":"${NOW.toISOString()}","source":"agent","text":"hello"}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("goes on after what was there", async () => {
    const path = join(newRoot(), "agent.jsonl");
    for (const text of ["one", "two"]) {
      const log = openLog(path, "agent");
      log.write(text, NOW);
      await log.close();
    }
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(3);
  });

  test("holds no escape sequence and no control character of what an agent wrote", async () => {
    const [line] = await logged(["\u001b[31mred\u001b[0m \u001b]0;title\u0007\u0000x\u202e"]);
    expect(line?.text).toBe("red x");
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
        const [only, ...more] = await logged([text]);
        // oxlint-disable-next-line no-control-regex -- controls are what must not be there
        expect(only?.text).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/u);
        expect(more).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test("cuts a line of a megabyte, and says how much is missing", async () => {
    const [line] = await logged(["x".repeat(MEGABYTE)]);
    expect(line?.text).toMatch(/^x{16384} \[cut: 1032192 more characters\]$/);
  });

  test("is rotated once at 8 MiB, so that it never takes more than twice that", async () => {
    const path = join(newRoot(), "agent.jsonl");
    const log = openLog(path, "agent");
    const text = "y".repeat(16_000);
    for (let index = 0; index < 1200; index++) log.write(`${index} ${text}`, NOW);
    await log.close();
    expect(statSync(path).size).toBeLessThan(8 * MEGABYTE);
    expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(8 * MEGABYTE);
    expect(existsSync(`${path}.2`)).toBe(false);
    const lines = [`${path}.1`, path].flatMap((file) => readFileSync(file, "utf8").trimEnd().split("\n"));
    const numbers = lines.map((line) => Number((JSON.parse(line) as { text: string }).text.split(" ")[0]));
    // Two rotations: the newest lines are there, in order and without a gap.
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => 1200 - numbers.length + index));
  });

  test("counts the bytes of characters, not their number", async () => {
    const path = join(newRoot(), "agent.jsonl");
    const log = openLog(path, "agent");
    for (let index = 0; index < 400; index++) log.write("語".repeat(10_000), NOW);
    await log.close();
    expect(statSync(path).size).toBeLessThanOrEqual(8 * MEGABYTE);
    expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(8 * MEGABYTE);
  });

  test("tells of lines that it lost, and does not throw", async () => {
    const folder = newRoot();
    writeFileSync(join(folder, "logs"), "a file where a folder should be");
    const lost: string[] = [];
    const log = openLog(join(folder, "logs", "agent.jsonl"), "agent", (reason) => lost.push(reason));
    log.write("one", NOW);
    await log.drained();
    expect(lost.join()).toMatch(/EEXIST|ENOTDIR/);
    expect(log.backlog()).toBe(0);
    rmSync(join(folder, "logs"));
    log.write("two", NOW);
    await log.close();
    const texts = readFileSync(join(folder, "logs", "agent.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { text: string }).text);
    expect(texts).toEqual(["[lines lost, which the disk did not take: 1]", "two"]);
  });

  test("says how much waits for the disk, until nothing does", async () => {
    const log = openLog(join(newRoot(), "agent.jsonl"), "agent");
    for (let index = 0; index < 100; index++) log.write("x".repeat(1000), NOW);
    expect(log.backlog()).toBeGreaterThan(100_000);
    await log.drained();
    expect(log.backlog()).toBe(0);
    await log.close();
  });
});
