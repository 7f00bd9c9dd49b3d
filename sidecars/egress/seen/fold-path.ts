// The kind of thing that a path asks for: ids, digests, numbers and long tails stand for many, and are folded into the
// folder that they are in.

const DEEPEST = 6;
const LONGEST_SEGMENT = 48;

/** The path as it is, or its longest folder without such a segment; a folder ends with a slash. */
export function foldPath(path: string): string {
  const segments = path.slice(1).split("/", DEEPEST + 1);
  const stop = segments.findIndex((segment, index) => index === DEEPEST || isOneOfMany(segment));
  return stop === -1 ? path : `/${segments.slice(0, stop).join("/")}${stop === 0 ? "" : "/"}`;
}

/** The folder that `path` is in; `/` is in none. */
export function folderOf(path: string): string | undefined {
  if (path === "/") return undefined;
  const end = path.endsWith("/") ? path.length - 2 : path.length - 1;
  return path.slice(0, path.lastIndexOf("/", end) + 1);
}

function isOneOfMany(segment: string): boolean {
  if (segment.length > LONGEST_SEGMENT) return true;
  if (/^\d+$/.test(segment)) return true;
  const bare = segment.replace(/\.[a-z0-9]{1,5}$/i, "");
  if (/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(bare)) return true;
  if (/^(?=[a-f]*[0-9])[0-9a-f]{7,}$/i.test(bare)) return true;
  // Twenty characters of which several are digits, or of mixed case with digits, without a word's hyphens: a token or a key.
  return (
    bare.length >= 20 &&
    /^[A-Za-z0-9_~+=-]+$/.test(bare) &&
    /\d.*\d/.test(bare) &&
    /[A-Z].*[a-z]|[a-z].*[A-Z]/.test(bare)
  );
}
