import { readFile } from "node:fs/promises";
import { globSync } from "node:fs";

import stringWidth from "string-width";
import { describe, expect, test } from "vitest";

import { textPatches } from "../../.config/patches/all.ts";
import { unusedOfDockerode } from "../../.config/patches/dockerode.ts";
import { patched } from "../../.config/patches/patch.ts";
import { graphemes, SINGLE_WIDTH } from "#domain/graphemes.ts";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const singles = charactersOf(new RegExp(`[${SINGLE_WIDTH}]`));

describe("each patch", () => {
  test.each(textPatches)("$name finds its text in the installed library", async (patch) => {
    const files = globSync("node_modules/**/*.js").filter((path) => patch.file.test(`/${path}`));
    const texts = await Promise.all(files.map((path) => readFile(path, "utf8")));
    expect(texts.filter((text) => isFit(text, patch)).length).toBeGreaterThan(0);
  });

  test.each(textPatches)("$name fails when the library's text changed", (patch) => {
    expect(() => patched("export default 1;", patch)).toThrow(/found 0 times instead of once/);
  });

  test("fails when the library's text stands there twice", () => {
    const patch = { name: "planted", file: /x/, changes: [{ find: "a()", replace: "b()" }] };
    expect(() => patched("a(); a();", patch)).toThrow(/found 2 times/);
  });
});

test("what is left out of dockerode is what the installed library has: its ssh client and its gRPC session", () => {
  const found = globSync("node_modules/{dockerode,docker-modem}/lib/*.js").filter((path) =>
    unusedOfDockerode.test(path),
  );
  expect(found.toSorted()).toEqual(["node_modules/docker-modem/lib/ssh.js", "node_modules/dockerode/lib/session.js"]);
});

describe("the characters taken for one cell wide", () => {
  test("are so for string-width, each by itself", () => {
    expect(singles.length).toBeGreaterThan(1000);
    expect(singles.filter((character) => stringWidth(character) !== 1)).toEqual([]);
  });

  test("never join a neighbour in one cluster", () => {
    for (const neighbour of ["a", "─", "\n", "\u001B", " "]) {
      const joined = singles.filter(
        (character) => [...segmenter.segment(character + neighbour + character)].length !== 3,
      );
      expect(joined).toEqual([]);
    }
  });

  test("leave emoji, wide and combining characters to the segmenter", () => {
    for (const text of ["👩‍💻", "漢字", "e\u0301", "🇫🇷", "1\uFE0F\u20E3", "\r\n", "한글", "❤\uFE0F"]) {
      expect([...graphemes.segment(`─${text}─`)]).toEqual([...segmenter.segment(`─${text}─`)]);
    }
  });

  test("are segmented as the segmenter does, escape sequences included", () => {
    const text = "\u001B[1m│ codex — idle\t\n\u001B[0m…";
    expect([...graphemes.segment(text)]).toEqual([...segmenter.segment(text)]);
    for (const index of [0, 3, text.length - 1]) {
      expect(graphemes.segment(text).containing(index)).toEqual(segmenter.segment(text).containing(index));
    }
    expect(graphemes.segment(text).containing(text.length)).toBeUndefined();
  });
});

function isFit(text: string, patch: (typeof textPatches)[number]): boolean {
  try {
    return patched(text, patch) !== text;
  } catch {
    return false;
  }
}

function charactersOf(pattern: RegExp): string[] {
  const all = Array.from({ length: 0xffff }, (_, code) => String.fromCharCode(code));
  return all.filter((character) => pattern.test(character));
}
