import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { MOST_MESSAGE_BYTES } from "#domain/provider/task-config.ts";
import type { TaskOutput } from "#domain/provider/task-output.ts";
import { newAnswer } from "#sidecars/task/answer.ts";

const JSONL: TaskOutput = {
  format: "jsonl",
  rules: [
    { when: { type: "say" }, take: "text", as: "message" },
    { when: { type: "tool" }, take: "text", as: "note" },
    { when: { type: "fail" }, take: "text", as: "error" },
  ],
};
const line = (type: string, text: string): string => JSON.stringify({ type, text });

describe("an agent that prints JSON lines", () => {
  it("is shown as it goes on, and its answer is what it said last", () => {
    const answer = newAnswer(JSONL);
    expect(answer.line(line("say", "I look."), false)).toEqual(["I look."]);
    expect(answer.line(line("tool", "$ ls"), false)).toEqual(["$ ls"]);
    expect(answer.line("noise", false)).toEqual([]);
    expect(answer.line(line("say", "Two files:\n  a\n  b\n"), false)).toEqual(["Two files:", "  a", "  b"]);
    expect(answer.line(line("fail", "401"), false)).toEqual(["error: 401"]);
    expect(answer.message()).toEqual({ text: "Two files:\n  a\n  b", cut: false });
  });

  it("is not shown twice where its last line says again what it said", () => {
    const answer = newAnswer(JSONL);
    answer.line(line("say", "done"), false);
    expect(answer.line(line("say", "done"), false)).toEqual([]);
    expect(answer.message().text).toBe("done");
  });

  it("is shown without what a terminal obeys", () => {
    const answer = newAnswer(JSONL);
    expect(answer.line(line("say", "\u001b]0;owned\u0007hello\u001b[2J\u202e\r"), false)).toEqual(["hello"]);
    expect(answer.message().text).toBe("hello");
  });

  it("says that a line was too long, and goes on", () => {
    const answer = newAnswer(JSONL);
    expect(answer.line('{"type":"say","text":"', true)).toEqual(["[a line of its output is too long to be read]"]);
    answer.line(line("say", "still here"), false);
    expect(answer.message()).toEqual({ text: "still here", cut: false });
  });

  it("keeps the beginning of an answer that is too long", () => {
    const answer = newAnswer(JSONL);
    answer.line(line("say", `begin${"é".repeat(MOST_MESSAGE_BYTES)}`), false);
    const { text, cut } = answer.message();
    expect(cut).toBe(true);
    expect(text.startsWith("beginé")).toBe(true);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_MESSAGE_BYTES);
  });
});

describe("an agent that prints its answer", () => {
  it("has said all that it printed", () => {
    const answer = newAnswer({ format: "text" });
    for (const text of ["", "first", "  second", ""]) answer.line(text, false);
    expect(answer.message()).toEqual({ text: "first\n  second", cut: false });
  });

  it("has said the end of it when that is too much", () => {
    const answer = newAnswer({ format: "text" });
    for (let at = 0; at < 20_000; at += 1) answer.line(`line ${at} ${"x".repeat(50)}`, false);
    const { text, cut } = answer.message();
    expect(cut).toBe(true);
    expect(text.endsWith(`line 19999 ${"x".repeat(50)}`)).toBe(true);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_MESSAGE_BYTES);
  });
});

it("shows and keeps only plain text within the bound, whatever an agent prints", () => {
  const output = fc.constantFrom<TaskOutput>({ format: "text" }, JSONL);
  const printed = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "binary" }).map((text) => line("say", text)),
  );
  fc.assert(
    fc.property(output, fc.array(fc.tuple(printed, fc.boolean())), (format, lines) => {
      const answer = newAnswer(format);
      const shown = lines.flatMap(([text, cut]) => answer.line(text, cut));
      // oxlint-disable-next-line no-control-regex -- controls are exactly what must not be there
      for (const text of shown) expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      // oxlint-disable-next-line no-control-regex -- the same, but line breaks
      expect(answer.message().text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
  );
});
