// One character as it is read by a person and by a model: look-alikes of other scripts, styled letters and accents become
// plain small letters, and what is not seen is nothing.

/** Cyrillic, Greek and phonetic letters that look like a Latin one; styled letters are left to Unicode's own tables. */
const LOOK_ALIKES: readonly (readonly [latin: string, others: string])[] = [
  ["a", "аαɑ"],
  ["b", "ьβв"],
  ["c", "сϲ"],
  ["d", "ԁɗ"],
  ["e", "еєε"],
  ["f", "ƒ"],
  ["g", "ɡԍ"],
  ["h", "һн"],
  ["i", "іιıɩ"],
  ["j", "јϳ"],
  ["k", "кκ"],
  ["l", "ӏⅼ"],
  ["m", "м"],
  ["n", "ոη"],
  ["o", "оοσօ"],
  ["p", "рρ"],
  ["q", "ԛ"],
  ["r", "гɾ"],
  ["s", "ѕ"],
  ["t", "тτ"],
  ["u", "υս"],
  ["v", "ѵν"],
  ["w", "ԝω"],
  ["x", "хχ"],
  ["y", "уγү"],
  ["z", "ʐ"],
];

const latinOf = new Map(
  LOOK_ALIKES.flatMap(([latin, others]) => Array.from(others, (other) => [other, latin] as const)),
);
const known = new Map<number, string>();
/** Enough for any text, and no place for hostile text to fill memory. */
const MOST_KNOWN = 8192;

/** Lower case; a space for white space; empty for what is not seen, and for decoration of words (markdown, quotes). */
export function fold(codePoint: number): string {
  const folded = known.get(codePoint);
  if (folded !== undefined) return folded;
  const made = make(codePoint);
  if (known.size < MOST_KNOWN) known.set(codePoint, made);
  return made;
}

/** For rules that are written in another script: what is ASCII in them is syntax, and stays. */
export function foldText(text: string): string {
  return Array.from(text, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return codePoint < 0x80 ? character : fold(codePoint);
  }).join("");
}

/** Not seen between two letters: zero width, joiners, direction marks, soft hyphens, selectors, tags. */
export function isInvisible(codePoint: number): boolean {
  return (
    (codePoint >= 0x200b && codePoint <= 0x200f) ||
    (codePoint >= 0x202a && codePoint <= 0x202e) ||
    (codePoint >= 0x2060 && codePoint <= 0x206f) ||
    codePoint === 0xad ||
    codePoint === 0x34f ||
    codePoint === 0x61c ||
    codePoint === 0x180e ||
    codePoint === 0x3164 ||
    codePoint === 0xfeff ||
    (codePoint >= 0xfe00 && codePoint <= 0xfe0f) ||
    (codePoint >= 0xe0000 && codePoint <= 0xe01ef)
  );
}

/** The letter that a tag character (U+E0020 to U+E007E) smuggles; undefined for any other. */
export function smuggled(codePoint: number): string | undefined {
  return codePoint >= 0xe0020 && codePoint <= 0xe007e ? String.fromCharCode(codePoint - 0xe0000) : undefined;
}

const DECORATION = new Set("*_~`\"'“”‘’«»");

function make(codePoint: number): string {
  const tag = smuggled(codePoint);
  if (tag !== undefined) return tag.toLowerCase();
  if (isInvisible(codePoint) || (codePoint >= 0xd800 && codePoint <= 0xdfff) || codePoint > 0x10ffff) return "";
  const character = String.fromCodePoint(codePoint);
  if (DECORATION.has(character)) return "";
  if (codePoint < 0x20 || /[\s#<>|]/.test(character)) return " ";
  const plain = character.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return Array.from(plain, (one) => latinOf.get(one) ?? one).join("");
}
