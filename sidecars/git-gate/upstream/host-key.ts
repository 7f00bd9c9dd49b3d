// Whether a definition's host_key is one that ssh can use: `<type> <base64>` of one kind that it knows.

import { hostKeyWords } from "#domain/git-gate/host-key.ts";

/** The key as one clean pair, without a comment; undefined when it is none. */
export function parseHostKey(text: string): string | undefined {
  const words = hostKeyWords(text);
  if (words === undefined) return undefined;
  const { type, data } = words;
  return namedWithin(Buffer.from(data, "base64")) === type ? `${type} ${data}` : undefined;
}

/** The type is in the key itself as well: a length of four bytes, then the name. */
function namedWithin(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  return length > 64 || blob.length < 4 + length ? undefined : blob.toString("latin1", 4, 4 + length);
}
