// Text from an agent, made safe for the operator's terminal.

// C0 and C1 controls, DEL, direction marks, overrides and isolates, line separators, and whatever shows as nothing or as
// an empty place: soft hyphen, joiners, fillers, the blank Braille cell, tags. An emoji joined of several falls into its
// parts, and the flag of a part of a country (tags) becomes the black flag; the flags of countries stay.
const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- controls are exactly what is looked for
  /[\u{34f}\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufff8\u{e0000}-\u{e0fff}]/gu;
const SEQUENCES =
  // oxlint-disable-next-line no-control-regex -- escape sequences are made of controls
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|[PX^_][^\u001b]*(?:\u001b\\|$)|[ -/]*[0-~])|\u009b[0-?]*[ -/]*[@-~]/gu;

/** Anything to take out at all: most lines have nothing, and there are many lines. */
const SUSPECT =
  // oxlint-disable-next-line no-control-regex -- the same controls, tabs and newlines among them
  /[\u{34f}\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufff8\u{e0000}-\u{e0fff}]/u;

/** One line of `text` without escape sequences, control or direction characters; tabs become spaces. */
export function plainLine(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(SEQUENCES, "").replaceAll("\t", "  ").replaceAll(/\r?\n/g, " ").replace(UNSAFE, "");
}

/** `plainLine` for each line of `text`. */
export function plainLines(text: string): string[] {
  return text
    .replace(SEQUENCES, "")
    .split(/\r?\n/)
    .map((line) => plainLine(line));
}
