// A request's path in the one form that prefixes are matched against: decoded once, dots resolved. Whatever two
// servers could read differently (encoded slashes, backslashes, double encoding, empty segments) is refused.

export type Path =
  | {
      readonly kind: "path";
      /** Decoded and resolved: what rules are matched against and people are shown. */
      readonly path: string;
      /** What goes upstream: the segments as they were written, dots resolved, and the query with its `?`. */
      readonly forward: string;
    }
  | { readonly kind: "bad"; readonly reason: string };

/** `target` is the path and query of a request, from its first slash. */
export function normalisePath(target: string): Path {
  // oxlint-disable-next-line no-control-regex -- controls are what is refused
  if (/[\u0000-\u0020\u007f-\uffff#]/.test(target)) return bad("has control, blank, # or non-ASCII characters");
  const mark = target.indexOf("?");
  const raw = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? "" : target.slice(mark);
  if (!raw.startsWith("/")) return bad("does not begin with a slash");
  const written: string[] = [];
  const decoded: string[] = [];
  const segments = raw.slice(1).split("/");
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    const plain = decodeSegment(segment);
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
  return { kind: "path", path: `/${decoded.join("/")}`, forward: `/${written.join("/")}${query}` };
}

/** A prefix ends at a segment: /repos/acme covers itself and /repos/acme/x, never /repos/acme-evil. */
export function isUnder(path: string, prefix: string): boolean {
  const plain = normalisePath(prefix);
  if (plain.kind === "bad") return false;
  const inside = plain.path.endsWith("/") ? plain.path : `${plain.path}/`;
  return path === plain.path || path.startsWith(inside);
}

type Segment = { readonly text: string; readonly reason?: undefined } | { readonly reason: string };

function decodeSegment(segment: string): Segment {
  const text = segment.includes("%") ? decodeOnce(segment) : segment;
  if (text === undefined) return { reason: "has a broken percent escape" };
  // oxlint-disable-next-line no-control-regex -- controls are what is refused
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return { reason: "has an encoded control character" };
  if (/[/\\]/.test(text)) return { reason: text.includes("/") ? "has an encoded slash" : "has a backslash" };
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
