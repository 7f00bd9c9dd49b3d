// Headers of tar archives: what we write (POSIX, with extended headers for long names), and what others may.

export const BLOCK = 512;

export interface Entry {
  /** As it stands in the archive: not checked. */
  readonly path: string;
  readonly kind: "file" | "folder" | "link" | "hard-link" | "other";
  readonly mode: number;
  /** Bytes of content that follow. */
  readonly size: number;
  /** For links. */
  readonly target: string;
}

/** What extended headers say of the entry after them. */
export interface Extended {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: string;
}

const TYPES: Readonly<Record<string, Entry["kind"]>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "1": "hard-link",
  "2": "link",
  "5": "folder",
};

/** Throws where it is none. */
export function readHeader(block: Buffer, extended: Extended): Entry & { readonly type: string } {
  const sum = Number.parseInt(text(block, 148, 8).trim(), 8);
  if (sum !== checksum(block)) throw new Error("the archive is damaged: a header has a wrong checksum");
  const type = text(block, 156, 1) || "\0";
  const prefix = text(block, 257, 5) === "ustar" ? text(block, 345, 155) : "";
  const name = text(block, 0, 100);
  const size = extended.size === undefined ? number(block, 124, 12) : Number(extended.size);
  if (!Number.isSafeInteger(size) || size < 0) throw new Error("the archive is damaged: an entry has no sensible size");
  const path = extended.path ?? (prefix === "" ? name : `${prefix}/${name}`);
  return {
    path,
    // Before there was a type for folders, a slash at the end made one.
    kind: TYPES[type] === "file" && path.endsWith("/") ? "folder" : (TYPES[type] ?? "other"),
    mode: number(block, 100, 8) & 0o777,
    size,
    target: extended.linkpath ?? text(block, 157, 100),
    type,
  };
}

export interface NewEntry {
  readonly path: string;
  readonly kind: "file" | "folder" | "link";
  readonly mode: number;
  readonly size: number;
  readonly target: string;
  readonly modified: Date;
  readonly uid: number;
  readonly gid: number;
}

/** With an extended header before it where the plain one has no room. */
export function writeHeader(entry: NewEntry): Buffer {
  const path = entry.kind === "folder" ? `${entry.path}/` : entry.path;
  const long = [
    ...(Buffer.byteLength(path) > 100 ? [record("path", path)] : []),
    ...(Buffer.byteLength(entry.target) > 100 ? [record("linkpath", entry.target)] : []),
    ...(entry.size > 0o77777777777 ? [record("size", String(entry.size))] : []),
  ];
  const type = { file: "0", folder: "5", link: "2" }[entry.kind];
  const plain = block({ ...entry, path, type });
  if (long.length === 0) return plain;
  const content = Buffer.concat(long);
  const before = block({ ...entry, path: "extended", target: "", size: content.length, mode: 0o600, type: "x" });
  return Buffer.concat([before, content, padding(content.length), plain]);
}

/** Content is filled up to whole blocks. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

function block({
  path,
  mode,
  size,
  target,
  modified,
  uid,
  gid,
  type,
}: Omit<NewEntry, "kind"> & { type: string }): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0, 100);
  header.write(octal(mode & 0o777, 8), 100, "latin1");
  header.write(octal(uid, 8), 108, "latin1");
  header.write(octal(gid, 8), 116, "latin1");
  header.write(octal(Math.min(size, 0o77777777777), 12), 124, "latin1");
  header.write(octal(Math.max(0, Math.floor(modified.getTime() / 1000)), 12), 136, "latin1");
  header.write(type, 156, "latin1");
  header.write(target, 157, 100);
  header.write("ustar\u000000", 257, "latin1");
  header.write(octal(checksum(header), 7), 148, "latin1");
  header.write(" ", 155, "latin1");
  return header;
}

function octal(value: number, length: number): string {
  return (
    value
      .toString(8)
      .padStart(length - 1, "0")
      .slice(-(length - 1)) + "\0"
  );
}

/** `<length of the record> <key>=<value>\n`, its own length included. */
function record(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (bytes + String(length).length > length) length += 1;
  return Buffer.from(`${length}${rest}`);
}

/** Of an extended header's content; what is no record ends it. */
export function readRecords(content: Buffer): Extended {
  const found: Record<string, string> = {};
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const length = space === -1 ? Number.NaN : Number(content.toString("latin1", at, space));
    if (!Number.isSafeInteger(length) || length <= space - at || at + length > content.length) break;
    const line = content.toString("utf8", space + 1, at + length - 1);
    const equals = line.indexOf("=");
    if (equals > 0) found[line.slice(0, equals)] = line.slice(equals + 1);
    at += length;
  }
  const { path, linkpath, size } = found;
  return {
    ...(path === undefined ? {} : { path }),
    ...(linkpath === undefined ? {} : { linkpath }),
    ...(size === undefined ? {} : { size }),
  };
}

function text(block: Buffer, start: number, length: number): string {
  const end = block.subarray(start, start + length).indexOf(0);
  return block.toString("utf8", start, end === -1 ? start + length : start + end);
}

/** Octal digits, or with the first bit set a number as it is. */
function number(block: Buffer, start: number, length: number): number {
  if (((block[start] ?? 0) & 0x80) === 0) return Number.parseInt(text(block, start, length).trim() || "0", 8);
  return block.subarray(start + 1, start + length).reduce((sum, byte) => sum * 256 + byte, 0);
}

function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (const [at, byte] of block.entries()) if (at < 148 || at >= 156) sum += byte;
  return sum;
}
