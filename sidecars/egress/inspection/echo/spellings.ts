// The ways in which a server may write a credential that it was sent: plain, UTF-16, hex and base64. Escapes within them
// (%2B, \u002b, \/, &#43;) and the ends of lines within them are no spellings of their own: see escapes.ts.

/** Shorter values are not looked for: they are no secrets, and would be found everywhere. */
export const SHORTEST_SECRET = 6;

/** Of all secrets, without repetitions. */
export function spellings(secrets: readonly string[]): readonly Uint8Array[] {
  const all = new Map<string, Uint8Array>();
  for (const secret of secrets.filter(({ length }) => length >= SHORTEST_SECRET)) {
    const encoded = [Buffer.from(secret, "utf8"), Buffer.from(secret, "latin1")].flatMap(ofBytes);
    for (const spelling of [...encoded, ...wide(secret)]) all.set(spelling.toString("latin1"), spelling);
  }
  return [...all.values()];
}

const OFFSETS = [0, 1, 2] as const;

function ofBytes(bytes: Buffer): Buffer[] {
  const hex = bytes.toString("hex");
  return [
    bytes,
    Buffer.from(hex),
    Buffer.from(hex.toUpperCase()),
    ...OFFSETS.flatMap((offset) => inLines(base64At(bytes, offset))),
    // Once more: what is within the base64 of something longer is within that again.
    ...OFFSETS.flatMap((inner) => OFFSETS.map((outer) => base64At(base64At(bytes, inner), outer))),
  ];
}

/** UTF-16, either order; without the outer zero byte, which belongs to no one. */
function wide(secret: string): Buffer[] {
  const little = Buffer.from(secret, "utf16le");
  return [little.subarray(0, -1), Buffer.from(little).swap16().subarray(1)];
}

/**
 * As it looks within the base64 of something longer, where it starts `offset` bytes into a group of three. The characters
 * that it shares with what stands before and after are left out: they give away at most four bits of its first byte and
 * of its last, and the one before has often left when the secret is seen to begin.
 */
function base64At(bytes: Buffer, offset: 0 | 1 | 2): Buffer {
  const first = offset * 8;
  const last = first + bytes.length * 8;
  const group = Buffer.concat([Buffer.alloc(offset), bytes, Buffer.alloc(3)]).toString("base64");
  return Buffer.from(group.slice(Math.ceil(first / 6), Math.floor(last / 6)));
}

/** In either alphabet, and without the first letter, behind which a line may end. */
function inLines(standard: Buffer): Buffer[] {
  const forUrls = Buffer.from(standard.toString().replaceAll("+", "-").replaceAll("/", "_"));
  return [standard, forUrls].flatMap((spelling) => [spelling, spelling.subarray(1)]);
}
