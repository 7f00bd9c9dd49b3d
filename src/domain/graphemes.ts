// Text cut into what a reader takes for one character. The Unicode segmenter knows, but its data takes 5 ms to load and
// each answer takes long; for plain text, which is nearly all that is on a screen, the answer is known without it.

/**
 * Character class of what is one cell wide, a character of its own, and neither emoji nor ignorable: ASCII, Latin letters,
 * dashes, arrows, technical signs, box drawing, braille. A test compares each of them with string-width and the segmenter.
 */
export const SINGLE_WIDTH =
  "\\u0020-\\u007E\\u00A1-\\u00A8\\u00AA-\\u00AC\\u00AF-\\u024F\\u2010-\\u2027\\u2030-\\u203B\\u2190-\\u21FF" +
  "\\u2300-\\u2319\\u2336-\\u237A\\u23CE\\u23F8\\u2500-\\u259F\\u25A0-\\u25FC\\u2713\\u2717\\u2718\\u2800-\\u28FF";

/** Those, and the controls but for the carriage return, which joins a line feed. */
const ALONE = new RegExp(`^[${SINGLE_WIDTH}\\u0000-\\u000C\\u000E-\\u001F\\u007F]*$`);

let segmenter: Intl.Segmenter | undefined; // made when first needed

/** Answers as `new Intl.Segmenter(undefined, { granularity: "grapheme" })` does. */
export const graphemes: Pick<Intl.Segmenter, "segment"> = {
  segment: (text) => (ALONE.test(text) ? characters(text) : (segmenter ??= new Intl.Segmenter()).segment(text)),
};

function characters(text: string): Intl.Segments {
  return {
    containing(index = 0) {
      const segment = text[index];
      return segment === undefined ? undefined : { segment, index, input: text };
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < text.length; index += 1) yield { segment: text[index] ?? "", index, input: text };
    },
  } as Intl.Segments;
}
