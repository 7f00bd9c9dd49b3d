import { describe, expect, test } from "vitest";

import { plainLine, plainLines } from "#domain/plain-text.ts";

describe("a plain line", () => {
  test.each([
    ["an Arabic letter mark", "\u061c"],
    ["a soft hyphen", "\u00ad"],
    ["a grapheme joiner", "\u034f"],
    ["a Hangul filler", "\u115f"],
    ["another Hangul filler", "\u1160"],
    ["a third Hangul filler", "\u3164"],
    ["a half-width Hangul filler", "\uffa0"],
    ["a Mongolian vowel separator", "\u180e"],
    ["a blank Braille cell", "\u2800"],
    ["a zero-width space", "\u200b"],
    ["a right-to-left override", "\u202e"],
    ["a deprecated format character", "\u206a"],
    ["a language tag", "\u{e0001}"],
    ["a tag letter", "\u{e0061}"],
    ["a variation selector of the supplement", "\u{e0100}"],
    ["the last of the tags' plane part", "\u{e0fff}"],
    ["a C1 control", "\u0085"],
    ["an escape sequence", "\u001b[2J"],
  ])("has no %s", (_name, hidden) => {
    expect(plainLine(`api${hidden}.example.com`)).toBe("api.example.com");
    expect(plainLine(hidden)).toBe("");
    expect(plainLines(`a${hidden}\nb`)).toEqual(["a", "b"]);
  });

  test("hides no message in tags", () => {
    const hidden = Array.from("approve", (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join("");
    expect(plainLine(`docs${hidden}`)).toBe("docs");
  });

  test.each(["plain ASCII", "naïve café", "ελληνικά", "русский", "日本語", "한국어", "🇨🇭 🇫🇷", "❤️", "👍🏽", "𝒳", "⣿⠁"])(
    "keeps %j as it is",
    (text) => {
      expect(plainLine(text)).toBe(text);
    },
  );

  test("shows joined emoji as their parts, and the flag of a part of a country as a black flag", () => {
    expect(plainLine("👩‍💻")).toBe("👩💻");
    expect(plainLine("\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}")).toBe("\u{1f3f4}");
  });

  test("is not led astray by half a pair", () => {
    expect(plainLine("a\udb40")).toBe("a\udb40"); // no tag yet: a terminal shows that it is broken
  });
});
