// Whether a definition's host_key is one that ssh can use: `<type> <base64>` of one kind that it knows.

const TYPES = new Set([
  "ssh-ed25519",
  "ssh-rsa",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
]);

/** The key as one clean pair, without a comment; undefined when it is none. */
export function parseHostKey(text: string): string | undefined {
  const [type, data, ...comment] = text.trim().split(/[ \t]+/);
  if (type === undefined || data === undefined || /[\r\n]/.test(text.trim()) || comment.some((word) => word === "")) {
    return undefined;
  }
  if (!TYPES.has(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return undefined;
  return namedWithin(Buffer.from(data, "base64")) === type ? `${type} ${data}` : undefined;
}

/** The type is in the key itself as well: a length of four bytes, then the name. */
function namedWithin(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  return length > 64 || blob.length < 4 + length ? undefined : blob.toString("latin1", 4, 4 + length);
}
