import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { followLogs } from "#core/logs/follow-logs.ts";
import { readLogs } from "#core/logs/read-log.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bottle-logs-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const entry = (second: number, source: string, text: string): string =>
  `${JSON.stringify({ at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(), source, text })}\n`;

describe("reading a bottle's logs", () => {
  it("merges the sources by time and keeps the last lines", async () => {
    await writeFile(join(folder, "agent.jsonl"), entry(1, "agent", "one") + entry(3, "agent", "three"));
    await writeFile(join(folder, "egress.jsonl"), entry(2, "egress", "two"));
    const { lines } = await readLogs(folder, { tail: 2 });
    expect(lines.map(({ text }) => text)).toEqual(["two", "three"]);
  });

  it("reads the rotated file before the current one", async () => {
    await writeFile(join(folder, "agent.jsonl.1"), entry(1, "agent", "old"));
    await writeFile(join(folder, "agent.jsonl"), entry(1, "agent", "new"));
    const { lines } = await readLogs(folder, {});
    expect(lines.map(({ text }) => text)).toEqual(["old", "new"]);
  });

  it("leaves out other sources, garbage, and a line that is still being written", async () => {
    await writeFile(join(folder, "agent.jsonl"), `${entry(1, "agent", "good")}{{{\n{"at":"2026`);
    await writeFile(join(folder, "init.jsonl"), entry(2, "init", "hidden"));
    const { lines } = await readLogs(folder, { sources: ["agent"] });
    expect(lines.map(({ text }) => text)).toEqual(["good"]);
  });

  it("finds the last lines of a file of many blocks", async () => {
    const many = Array.from({ length: 5000 }, (_, n) => entry(n % 60, "agent", `line ${n} ${"x".repeat(60)}`));
    await writeFile(join(folder, "agent.jsonl"), many.join(""));
    const position = await readLogs(folder, { tail: 0 });
    expect(position.lines).toEqual([]);
    expect([...position.offsets.values()]).toEqual([many.join("").length]);
    await expect(readLogs(folder, {})).resolves.toSatisfy(({ lines }) => lines.length === 5000);
  });

  it("strips control sequences from what an agent logged", async () => {
    await writeFile(join(folder, "agent.jsonl"), entry(1, "agent", "\u001b]0;title\u0007\u001b[31mred\u001b[0m"));
    const { lines } = await readLogs(folder, {});
    expect(lines[0]?.text).toBe("red");
  });

  it("is empty for a bottle without logs", async () => {
    await expect(readLogs(join(folder, "none"), {})).resolves.toSatisfy(({ lines }) => lines.length === 0);
  });
});

describe("following a bottle's logs", () => {
  it("gives the past, then each new line once, over a rotation too", async () => {
    const path = join(folder, "agent.jsonl");
    await writeFile(path, entry(1, "agent", "past"));
    const seen: string[] = [];
    const stop = new AbortController();
    const done = followLogs(folder, { follow: true }, ({ text }) => seen.push(text), stop.signal);
    await vi.waitFor(() => expect(seen).toEqual(["past"]));

    await appendFile(path, entry(2, "agent", "second"));
    await vi.waitFor(() => expect(seen).toEqual(["past", "second"]));

    await appendFile(path, entry(3, "agent", "third"));
    await rename(path, `${path}.1`);
    await writeFile(path, entry(4, "agent", "fourth"));
    await vi.waitFor(() => expect(seen).toEqual(["past", "second", "third", "fourth"]));

    stop.abort();
    await done;
  });

  it("joins a line that came in two pieces", async () => {
    const path = join(folder, "agent.jsonl");
    await writeFile(path, "");
    const seen: string[] = [];
    const stop = new AbortController();
    const done = followLogs(folder, { follow: true }, ({ text }) => seen.push(text), stop.signal);
    const whole = entry(1, "agent", "in two pieces");
    await appendFile(path, whole.slice(0, 20));
    await appendFile(path, whole.slice(20) + entry(2, "agent", "next"));
    await vi.waitFor(() => expect(seen).toEqual(["in two pieces", "next"]));
    stop.abort();
    await done;
  });
});
