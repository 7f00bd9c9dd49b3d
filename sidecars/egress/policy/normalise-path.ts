// A request's path in the one form that prefixes are matched against: decoded once, dots resolved. Whatever two
// servers could read differently (backslashes, double encoding, empty segments) is refused; an encoded slash is left as it
// is and said, for it is let through only where the path is no part of the verdict.

export type Path =
  | {
      readonly kind: "path";
      /** Decoded and resolved: what rules are matched against and people are shown. Encoded slashes stay `%2F`. */
      readonly path: string;
      /** Some servers read this path as another one with more segments. */
      readonly encodedSlash: boolean;
      /** What goes upstream: the segments as they were written, dots resolved, and the query with its `?`. */
      readonly forward: string;
    }
  | { readonly kind: "bad"; readonly reason: string };

/** Longer ones are nobody's, and would cost more than they are worth to take apart. */
const LONGEST_PATH = 16_384;
/** Nothing in it that has to be looked at twice; the dots of `/.` and the empty segments of `//` are asked about apart. */
const PLAIN = /^\/[\w/.~@:+,=!$&'()*-]*$/;

/** `target` is the path and query of a request, from its first slash. */
export function normalisePath(target: string): Path {
  // oxlint-disable-next-line no-control-regex -- controls are what is refused
  if (/[\u0000-\u0020\u007f-\uffff#]/.test(target)) return bad("has control, blank, # or non-ASCII characters");
  const mark = target.indexOf("?");
  const raw = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? "" : target.slice(mark);
  if (!raw.startsWith("/")) return bad("does not begin with a slash");
  if (raw.length > LONGEST_PATH) return bad("is longer than 16 KiB");
  if (PLAIN.test(raw) && !raw.includes("//") && !raw.includes("/."))
    return { kind: "path", path: raw, encodedSlash: false, forward: target };
  const written: string[] = [];
  const decoded: string[] = [];
  const segments = raw.slice(1).split("/");
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    const plain = /%2f/i.test(segment) ? decodeSlashed(segment) : decodeSegment(segment);
    if (plain.reason !== undefined) return bad(plain.reason);
    if (segment === "" && !last) return bad("has an empty segment (//)");
    if (plain.text === "." || plain.text === "..") {
      if (plain.text === "..") {
        written.pop();
        decoded.pop();
      }
      if (!last) continue;
      written.push("");
      decoded.push("");
      continue;
    }
    written.push(segment);
    decoded.push(plain.text);
  }
  const path = `/${decoded.join("/")}`;
  // What is left of escapes after decoding is the encoded slash alone: a `%25` that would make another is refused.
  return { kind: "path", path, encodedSlash: path.includes("%2F"), forward: `/${written.join("/")}${query}` };
}

type Segment = { readonly text: string; readonly reason?: undefined } | { readonly reason: string };

/** Each part between encoded slashes must be one that means the same to whoever decodes them: no dots, nothing empty. */
function decodeSlashed(segment: string): Segment {
  const parts: string[] = [];
  for (const part of segment.split(/%2f/i)) {
    const plain = decodeSegment(part);
    if (plain.reason !== undefined) return plain;
    if (plain.text === "" || plain.text === "." || plain.text === "..")
      return { reason: "has an encoded slash beside dots or another slash" };
    parts.push(plain.text);
  }
  return { text: parts.join("%2F") };
}

function decodeSegment(segment: string): Segment {
  const text = segment.includes("%") ? decodeOnce(segment) : segment;
  if (text === undefined) return { reason: "has a broken percent escape" };
  // oxlint-disable-next-line no-control-regex -- controls are what is refused
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return { reason: "has an encoded control character" };
  if (text.includes("\\")) return { reason: "has a backslash" };
  if (/%[0-9a-f]{2}/i.test(text)) return { reason: "is encoded twice" };
  if (text !== "." && text !== ".." && isDotsToSomebody(text))
    return { reason: "has dots with a parameter or a blank" };
  return { text };
}

/** `..;x` is `..` to servers with path parameters, `.. ` to some file systems, and full-width forms to what folds them. */
function isDotsToSomebody(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the ASCII range: only others can change under NFKC
  const folded = /^[\u0000-\u007f]*$/.test(text) ? text : text.normalize("NFKC");
  const bare = folded.replace(/;.*$/s, "").trim();
  return bare === "." || bare === ".." || (folded !== text && /[/\\%]/.test(folded));
}

function decodeOnce(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment); // refuses broken escapes and bytes that are no UTF-8, overlong dots among them
  } catch {
    return undefined;
  }
}

function bad(reason: string): { kind: "bad"; reason: string } {
  return { kind: "bad", reason };
}
