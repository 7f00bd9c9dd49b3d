import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { MOST_MESSAGE_BYTES } from "#domain/provider/task-config.ts";
import { TaskResult } from "#domain/provider/task-output.ts";
import { bottlePaths } from "#lib/paths.ts";
import { taskResultTaker } from "#sidecars/supervise/task-result.ts";

let root = "";
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "task-result-test-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const now = new Date("2026-11-21T06:00:00.000Z");

function setting() {
  const paths = bottlePaths(root, "demo-abcde");
  const take = taskResultTaker(paths, (text) => text.replaceAll("s3cret-value", "[redacted S]"));
  return {
    take: (said: unknown, at = now) => take(JSON.stringify(said), at),
    kept: () => TaskResult.parse(JSON.parse(readFileSync(paths.agent.result, "utf8"))),
  };
}

it("keeps the last answer as plain text", async () => {
  const { take, kept } = setting();
  expect(await take({ message: "first" })).toEqual({ status: 204 });
  expect(await take({ message: "\u001b[31mred\u001b[0m\n\u202etwo\u0007", cut: true, more: 1 })).toEqual({
    status: 204,
  });
  expect(kept()).toEqual({ at: now.toISOString(), message: "red\ntwo", cut: true });
});

it("keeps no more of it than the bound, and says that it is cut", async () => {
  const { take, kept } = setting();
  await take({ message: "é".repeat(MOST_MESSAGE_BYTES) });
  expect(Buffer.byteLength(kept().message)).toBe(MOST_MESSAGE_BYTES);
  expect(kept().cut).toBe(true);
});

it("refuses what is no answer, and keeps the one before", async () => {
  const { take, kept } = setting();
  await take({ message: "good" });
  for (const bad of [null, [], {}, { message: 1 }, { message: "x", cut: "yes" }]) {
    expect((await take(bad)).status).toBe(400);
  }
  expect(kept().message).toBe("good");
});

it("takes ten a second, and the last of more when the second is over", async () => {
  const { take, kept } = setting();
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => take({ message: `answer ${index}` })));
  expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 204), 202, 202]);
  await vi.waitFor(() => expect(kept().message).toBe("answer 11"), { timeout: 5000 });
});

it("keeps an answer without the bottle's secrets", async () => {
  const { take, kept } = setting();
  await take({ message: "it is s3cret-value", cut: false });
  expect(kept().message).toBe("it is [redacted S]");
  await take({ message: "s3cr\u200bet-\u001b[1mvalue", cut: false });
  expect(kept().message).toBe("[redacted S]");
});
