// string-width answers at once for more than ASCII: box drawing, dashes and Latin letters are on every frame of ours,
// and the slow path loads the Unicode segmenter for each of them.

import type { TextPatch } from "./patch.ts";

/** Code points that are one cell wide, alone in their cluster, and neither emoji nor ignorable: a test compares them all. */
export const singleWidth =
  "\\u0020-\\u007E\\u00A1-\\u00AC\\u00AE-\\u024F\\u2010-\\u2027\\u2030-\\u203B\\u2190-\\u2193\\u2500-\\u259F\\u25A0-\\u25FC\\u2800-\\u28FF";

export const stringWidth: TextPatch = {
  name: "string-width",
  file: /node_modules[\\/]string-width[\\/]index\.js$/,
  find: "if (/^[\\u0020-\\u007E]*$/.test(string)) {",
  replace: `if (/^[${singleWidth}]*$/.test(string)) {`,
};
