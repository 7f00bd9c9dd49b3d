import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readTaskLine } from "#domain/provider/read-task-line.ts";
import { type LineRule, TaskOutput } from "#domain/provider/task-output.ts";

const RULES: readonly LineRule[] = [
  { when: { type: "item.completed", "item.type": "agent_message" }, take: "item.text", as: "message" },
  { when: { type: "assistant" }, take: "message.content.*.text", as: "message" },
  { when: { type: "result", is_error: true }, take: "result", as: "error" },
  { when: { "tools.*.name": "bash" }, take: "tools.*.input.command", as: "note" },
];
const read = (value: unknown) => readTaskLine(JSON.stringify(value), RULES);

describe("a line of an agent's output", () => {
  it("says what stands where a rule points", () => {
    expect(read({ type: "item.completed", item: { type: "agent_message", text: "done" } })).toEqual([
      { as: "message", text: "done" },
    ]);
    expect(read({ type: "result", is_error: true, result: "401" })).toEqual([{ as: "error", text: "401" }]);
  });

  it("says nothing where one of the rule's conditions is not met", () => {
    expect(read({ type: "item.completed", item: { type: "reasoning", text: "hm" } })).toEqual([]);
    expect(read({ type: "result", is_error: "true", result: "401" })).toEqual([]);
  });

  it("joins the texts of a list's members, and leaves out those that have none", () => {
    const content = [{ text: "one" }, { tool: 1 }, { text: "two" }, { text: " " }, null, 3];
    expect(read({ type: "assistant", message: { content } })).toEqual([{ as: "message", text: "one\ntwo" }]);
    expect(read({ type: "assistant", message: { content: { text: "no list" } } })).toEqual([]);
  });

  it("takes a condition on a list as met when one member meets it", () => {
    const tools = [{ name: "read" }, { name: "bash", input: { command: "ls" } }];
    expect(read({ tools })).toEqual([{ as: "note", text: "ls" }]);
  });

  it("looks at no property that is not in the line itself", () => {
    const rule: LineRule = { when: {}, take: "constructor.name", as: "message" };
    expect(readTaskLine("{}", [rule])).toEqual([]);
    expect(readTaskLine('{"__proto__":{"text":"planted"}}', [{ ...rule, take: "text" }])).toEqual([]);
  });

  it("is passed over when it is no JSON object, whatever it is", () => {
    for (const line of ["", "null", "[]", '"text"', "{", "[".repeat(100_000), '{"type":"assistant"'])
      expect(readTaskLine(line, RULES)).toEqual([]);
  });

  it("is read however deep it goes", () => {
    const deep = `{"type":"result","is_error":true,"result":"x","more":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
    expect(readTaskLine(deep, RULES)).toEqual([{ as: "error", text: "x" }]);
  });

  it("never throws, and yields only texts that stand in it", () => {
    const path = fc
      .array(fc.constantFrom("a", "b", "*", "text", "type"), { minLength: 1, maxLength: 4 })
      .map((steps) => steps.join("."));
    const rule = fc.record({
      when: fc.dictionary(path, fc.oneof(fc.constantFrom("a", "text"), fc.boolean()), { maxKeys: 2 }),
      take: path,
      as: fc.constantFrom("message" as const, "note" as const, "error" as const),
    });
    const key = fc.constantFrom("a", "b", "text", "type");
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "medium" },
        fc.constantFrom("a", "text", ""),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(key, tie("value"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.array(rule, { minLength: 1, maxLength: 4 }), (said, rules) => {
        expect(TaskOutput.safeParse({ format: "jsonl", rules }).success).toBe(true);
        const line = JSON.stringify(said);
        for (const { text } of readTaskLine(line, rules)) {
          for (const part of text.split("\n")) expect(line).toContain(JSON.stringify(part));
        }
      }),
    );
  });

  it("never throws for garbage", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (line) => {
        expect(Array.isArray(readTaskLine(`{${line}`, RULES))).toBe(true);
      }),
    );
  });
});
