// Writes a tar archive as a stream, in the POSIX (pax) format that Docker reads.

export type TarEntry =
  | {
      readonly type: "file";
      /** Relative, with slashes. */
      readonly path: string;
      readonly mode: number;
      readonly size: number;
      /** Must give `size` bytes. */
      readonly content: Uint8Array | (() => AsyncIterable<Uint8Array>);
    }
  | { readonly type: "folder"; readonly path: string; readonly mode: number }
  | { readonly type: "link"; readonly path: string; readonly target: string };

const BLOCK = 512;

/** Owned by root, without times: the same entries are the same bytes. Throws when a file is not as long as was said. */
export async function* writeTar(entries: AsyncIterable<TarEntry> | Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    const long = paxOf(entry);
    if (long.length > 0) {
      yield header("pax", "x", 0o644, long.length, "");
      yield padded(long);
    }
    switch (entry.type) {
      case "file":
        yield header(entry.path, "0", entry.mode, entry.size, "");
        yield* contentOf(entry);
        break;
      case "folder":
        yield header(`${entry.path}/`, "5", entry.mode, 0, "");
        break;
      case "link":
        yield header(entry.path, "2", 0o777, 0, entry.target);
        break;
    }
  }
  yield new Uint8Array(2 * BLOCK);
}

async function* contentOf(entry: Extract<TarEntry, { type: "file" }>): AsyncGenerator<Uint8Array> {
  let written = 0;
  const chunks = typeof entry.content === "function" ? entry.content() : [entry.content];
  for await (const chunk of chunks) {
    written += chunk.length;
    if (written > entry.size) break;
    yield chunk;
  }
  if (written !== entry.size) throw new Error(`${entry.path} changed while it was read`);
  if (entry.size % BLOCK > 0) yield new Uint8Array(BLOCK - (entry.size % BLOCK));
}

/** Names that the fixed fields do not hold, as records `<length> <key>=<value>\n`. */
function paxOf(entry: TarEntry): Buffer {
  const path = entry.type === "folder" ? `${entry.path}/` : entry.path;
  const records = [
    ...(fits(path) ? [] : [record("path", path)]),
    ...(entry.type !== "link" || fits(entry.target) ? [] : [record("linkpath", entry.target)]),
    ...(entry.type !== "file" || entry.size < 8 ** 11 ? [] : [record("size", String(entry.size))]),
  ];
  return Buffer.concat(records);
}

function fits(text: string): boolean {
  return text.length <= 100 && /^[\x20-\x7e]*$/.test(text);
}

function record(key: string, value: string): Buffer {
  const body = Buffer.from(` ${key}=${value}\n`);
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}

function header(path: string, type: string, mode: number, size: number, target: string): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  block.write(path.slice(0, 100), 0, 100);
  block.write(octal(mode & 0o7777, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size < 8 ** 11 ? size : 0, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(" ".repeat(8), 148);
  block.write(type, 156);
  block.write(target.slice(0, 100), 157, 100);
  block.write("ustar\u000000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, 148);
  return block;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\u0000`;
}

function padded(data: Buffer): Uint8Array {
  return Buffer.concat([data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]);
}
