// The libraries that draw ask the Unicode segmenter for every character. For plain text, which is nearly all of a frame,
// the answer is known (src/domain/graphemes.ts): a start is cheaper by its data and its regular expressions, a frame by the asking.

import { join } from "node:path";

import type { TextPatch } from "./patch.ts";
import { SINGLE_WIDTH } from "../../src/domain/graphemes.ts";

const imported = `import { graphemes as bottleGraphemes } from ${JSON.stringify(join(import.meta.dirname, "..", "..", "src", "domain", "graphemes.ts"))};\n`;

export const graphemes: readonly TextPatch[] = [
  {
    name: "string-width",
    file: /node_modules[\\/]string-width[\\/]index\.js$/,
    changes: [
      { find: "const segmenter = new Intl.Segmenter();", replace: "let segmenter;" },
      { find: "const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;", replace: "let rgiEmojiRegex;" },
      { find: "rgiEmojiRegex.test(segment)", replace: "(rgiEmojiRegex ??= /^\\p{RGI_Emoji}$/v).test(segment)" },
      { find: "of segmenter.segment(string)", replace: "of (segmenter ??= new Intl.Segmenter()).segment(string)" },
      { find: "if (/^[\\u0020-\\u007E]*$/.test(string)) {", replace: `if (/^[${SINGLE_WIDTH}]*$/.test(string)) {` },
    ],
  },
  {
    name: "wrap-ansi",
    file: /node_modules[\\/]wrap-ansi[\\/]index\.js$/,
    changes: [
      { find: "const segmenter = new Intl.Segmenter();", replace: `${imported}const segmenter = bottleGraphemes;` },
    ],
  },
  withSegmenter(
    "slice-ansi",
    /node_modules[\\/]slice-ansi[\\/]tokenize-ansi\.js$/,
    "GRAPHEME_SEGMENTER",
    "{granularity: 'grapheme'}",
  ),
  withSegmenter(
    "ink-line-update",
    /node_modules[\\/]ink[\\/]build[\\/]line-update\.js$/,
    "segmenter",
    "{ granularity: 'grapheme' }",
  ),
  withSegmenter(
    "ansi-tokenize",
    /ansi-tokenize[\\/]build[\\/]tokenize\.js$/,
    "segmenter",
    '{ granularity: "grapheme" }',
  ),
];

function withSegmenter(name: string, file: RegExp, variable: string, options: string): TextPatch {
  const find = `const ${variable} = new Intl.Segmenter(undefined, ${options});`;
  return { name, file, changes: [{ find, replace: `${imported}const ${variable} = bottleGraphemes;` }] };
}
