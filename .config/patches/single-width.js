// Goes into the bundle: graphemes of text whose characters stand alone, one cell each, without the Unicode segmenter.

/**
 * Character class of what is one cell wide, a cluster of its own, and neither emoji nor ignorable: ASCII, Latin letters,
 * dashes, arrows, technical signs, box drawing, braille. A test compares each of them with string-width and the segmenter.
 */
export const singleWidthClass =
  "\\u0020-\\u007E\\u00A1-\\u00A8\\u00AA-\\u00AC\\u00AF-\\u024F\\u2010-\\u2027\\u2030-\\u203B\\u2190-\\u21FF" +
  "\\u2300-\\u2319\\u2336-\\u237A\\u23CE\\u23F8\\u2500-\\u259F\\u25A0-\\u25FC\\u2713\\u2717\\u2718\\u2800-\\u28FF";

/** Those, and the controls but for the carriage return, which joins a line feed. */
const alone = new RegExp(`^[${singleWidthClass}\\u0000-\\u000C\\u000E-\\u001F\\u007F]*$`);

let segmenter; // made when first needed: loading its data takes 5 ms

/** Stands in for `new Intl.Segmenter(undefined, { granularity: "grapheme" })` in the libraries that draw. */
export const plainSegmenter = {
  segment(text) {
    return alone.test(text) ? new Characters(text) : (segmenter ??= new Intl.Segmenter()).segment(text);
  },
};

class Characters {
  constructor(text) {
    this.text = text;
  }

  containing(index) {
    const segment = this.text[index];
    return segment === undefined ? undefined : { segment, index, input: this.text };
  }

  *[Symbol.iterator]() {
    const { text } = this;
    for (let index = 0; index < text.length; index += 1) yield { segment: text[index], index, input: text };
  }
}
