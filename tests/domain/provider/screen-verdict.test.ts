import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ScreenRules, type ScreenView } from "#domain/provider/screen-rules.ts";
import { bottomOf, readScreen } from "#domain/provider/screen-verdict.ts";

const rule = (over: object) => ({ id: "a-rule", state: "busy", on: "bottom", match: ["x"], ...over });
const rules = (...all: object[]): ScreenRules => ScreenRules.parse({ version: 1, rules: all.map((one) => rule(one)) });
const view = (over: Partial<ScreenView> = {}): ScreenView => ({ lines: [], title: "", progress: undefined, ...over });

describe("a screen is read", () => {
  test("by the first rule that matches", () => {
    const both = rules({ id: "first", state: "idle", match: ["ready"] }, { id: "second", match: ["ready"] });
    expect(readScreen(view({ lines: ["ready"] }), both)).toMatchObject({ state: "idle", rule: "first" });
  });

  test("as nothing when none matches", () => {
    expect(readScreen(view({ lines: ["ready"] }), rules({}))).toBeUndefined();
    expect(readScreen(view(), rules({ match: ["^$"], on: "progress" }))).toMatchObject({ state: "busy" });
  });

  test("only where all patterns match, and none of those that must not", () => {
    const strict = rules({ match: ["one", "two"], without: ["three"] });
    const state = (...lines: string[]) => readScreen(view({ lines }), strict)?.state;
    expect(state("one")).toBeUndefined();
    expect(state("one", "two")).toBe("busy");
    expect(state("one", "two", "three")).toBeUndefined();
  });

  test("with ^ and $ at the ends of lines", () => {
    expect(readScreen(view({ lines: ["a", "  > yes", "b"] }), rules({ match: ["^ *> yes$"] }))).toBeDefined();
    expect(readScreen(view({ lines: ["a > yes"] }), rules({ match: ["^ *> yes$"] }))).toBeUndefined();
  });

  test("by its title and its progress, which say so with more authority than the screen", () => {
    const title = rules({ on: "title", match: ["^Working"] });
    expect(readScreen(view({ title: "Working hard", lines: ["x"] }), title)).toMatchObject({
      authority: "title",
      evidence: "Working",
    });
    expect(readScreen(view({ lines: ["Working"] }), title)).toBeUndefined();
    const progress = rules({ on: "progress", match: ["^[13]$"] });
    expect(readScreen(view({ progress: 3 }), progress)).toMatchObject({ authority: "title", evidence: "progress 3" });
    expect(readScreen(view({ progress: 0 }), progress)).toBeUndefined();
    expect(readScreen(view(), progress)).toBeUndefined();
    expect(readScreen(view({ lines: ["x"] }), rules({}))).toMatchObject({ authority: "screen" });
  });

  test("with what the agent waits for, in the words of the screen", () => {
    const asks = rules({ state: "waiting", why: "approve $1? ($2$3)", match: ["run `([^`]*)`( now)?"] });
    const why = (line: string) => readScreen(view({ lines: [line] }), asks)?.why;
    expect(why("run `npm install` now?")).toBe("approve npm install? ( now)");
    expect(why("run `ls`")).toBe("approve ls? ()");
    expect(readScreen(view({ lines: ["x"] }), rules({ why: "never for busy" }))?.why).toBe("");
  });
});

describe("what the agent says above its prompt", () => {
  const asks = rules({ state: "waiting", lines: 3, match: ["Do you want to proceed\\?"] });
  const prompt = ["Do you want to proceed?", "❯ 1. Yes", "  2. No"];

  test("is no prompt: only the live bottom is looked at", () => {
    expect(readScreen(view({ lines: [...prompt, "done.", "────", "> "] }), asks)).toBeUndefined();
    expect(readScreen(view({ lines: ["done.", ...prompt] }), asks)).toMatchObject({ state: "waiting" });
  });

  test("is no prompt, however much of it there is", () => {
    const line = fc.constantFrom(...prompt, "", "   ", "esc to interrupt");
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (prose) => {
        const lines = [...prose, "done.", "────", "> "];
        expect(readScreen(view({ lines }), asks)).toBeUndefined();
      }),
    );
  });

  test("counts by lines that are not empty, wherever on the screen they stand", () => {
    expect(bottomOf(["a", "", "b", "  ", "c", "", ""], 2)).toEqual(["b", "c"]);
    expect(bottomOf([], 5)).toEqual([]);
    expect(bottomOf(["", " "], 5)).toEqual([]);
  });
});

describe("a hostile screen", () => {
  test("gives plain text alone, and little of it", () => {
    const everything = rules({ state: "waiting", why: "$1", match: ["([\\s\\S]*)"], lines: 50 });
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 400 }), { maxLength: 60 }), (lines) => {
        const verdict = readScreen(view({ lines }), everything);
        expect(verdict?.evidence.length).toBeLessThanOrEqual(200);
        expect(verdict?.why.length).toBeLessThanOrEqual(200);
        // oxlint-disable-next-line no-control-regex -- exactly these must not be there
        expect(`${verdict?.why}${verdict?.evidence}`).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
      }),
    );
  });

  test("is cut: of long lines the beginning is looked at, of many the last", () => {
    const [line] = bottomOf(["a".repeat(10_000)], 1);
    expect(line).toHaveLength(200);
    const all = bottomOf(
      Array.from({ length: 1000 }, (_, index) => `${index} ${"b".repeat(300)}`),
      50,
    );
    expect(all.join("\n").length).toBeLessThanOrEqual(4096);
    expect(all.at(-1)).toMatch(/^999 /);
  });
});
