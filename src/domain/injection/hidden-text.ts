// Text that nobody sees but a machine reads: within a comment, an element that is not shown, or tag characters.

import { asciiOf, readUnit } from "./normalise.ts";
import { smuggled } from "./fold.ts";

/** Fewer letters are the flags of England, Scotland and Wales. */
const SMUGGLED_LETTERS = 8;

const HIDING =
  /\b(?:display\s{0,2}:\s{0,2}none|visibility\s{0,2}:\s{0,2}(?:hidden|collapse)|font-size\s{0,2}:\s{0,2}0(?![.\d]*[1-9])|opacity\s{0,2}:\s{0,2}0(?![.\d]*[1-9])|(?:left|top|text-indent)\s{0,2}:\s{0,2}-\d{3,5}|clip\s{0,2}:\s{0,2}rect|color\s{0,2}:\s{0,2}(?:transparent|white|#fff(?:fff)?\b)|aria-hidden\s{0,2}=\s{0,2}["'\\]{0,3}true|(?:sr-only|visually-hidden|d-none)\b)|\shidden(?=$|[\s>="'\\])/;
const COLOURS = /(background(?:-color)?|\bcolor)\s{0,2}:\s{0,2}([#\w]{3,20})/g;

/** False where nothing in `text` (small letters, as written) hides anything. */
export function mayHide(text: string): boolean {
  return text.includes("<") && (text.includes("<!--") || HIDING.test(text) || text.includes("background"));
}

/** Whether what follows `before` (small letters, as written) stands in something that is not shown. */
export function isHiddenAfter(before: string): boolean {
  if (before.lastIndexOf("<!--") > before.lastIndexOf("-->")) return true;
  for (let open = before.lastIndexOf("<"); open !== -1; open = open === 0 ? -1 : before.lastIndexOf("<", open - 1)) {
    const close = before.indexOf(">", open);
    if (close === -1) continue;
    const tag = before.slice(open, close);
    const name = /^<([a-z][\w-]{0,20})/.exec(tag)?.[1];
    if (name === undefined || !hides(tag)) continue;
    if (!before.includes(`</${name}`, close)) return true;
  }
  return false;
}

function hides(tag: string): boolean {
  if (HIDING.test(tag)) return true;
  const colours = [...tag.matchAll(COLOURS)];
  const back = colours.find(([, name]) => name?.startsWith("background"))?.[2];
  return back !== undefined && colours.some(([, name, colour]) => name === "color" && colour === back);
}

/** Letters written in tag characters, which show as nothing at all: where they begin, or undefined where they are too few. */
export function smuggledIn(data: Uint8Array, from: number, to: number): { start: number; end: number } | undefined {
  if (!mayHoldTags(data.subarray(from, to))) return undefined;
  let letters = 0;
  let start = from;
  for (let at = from; at < to;) {
    const { codePoint, length } = readUnit(data, at, to);
    if (smuggled(codePoint) === undefined) letters = 0;
    else {
      if (letters === 0) start = at;
      letters += 1;
      if (letters >= SMUGGLED_LETTERS) return { start, end: at + length };
    }
    at += length;
  }
  return undefined;
}

/** As UTF-8, as a surrogate of JSON (\udb40), or as a reference of HTML. */
function mayHoldTags(window: Uint8Array): boolean {
  return window.includes(0xf3) || ESCAPED_TAG.test(asciiOf(window, 0, window.length));
}

const ESCAPED_TAG = /udb40|&#x?e00|&#917/i;
