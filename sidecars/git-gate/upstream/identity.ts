// What kind of file an identity is, and whether ssh would take it as it stands.

export type IdentityKind = "usable" | "locked" | "public" | "not-a-key";

/** From its text alone: ssh, never asking, says of a key with a passphrase only that it was denied. */
export function identityKind(text: string): IdentityKind {
  const trimmed = text.trimStart();
  if (/^(?:ssh-|ecdsa-|sk-)\S+ [A-Za-z0-9+/=]+/.test(trimmed)) return "public";
  const begin = /^-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----\r?\n/.exec(trimmed);
  if (begin === null) return "not-a-key";
  const body = trimmed.slice(begin[0].length);
  switch (begin[1]) {
    case "ENCRYPTED ":
      return "locked";
    case "OPENSSH ":
      return openSshCipher(body) === "none" ? "usable" : "locked";
    default:
      return /^Proc-Type: 4,ENCRYPTED/m.test(body) ? "locked" : "usable";
  }
}

/** The cipher's name stands after a magic word, with its length before it. */
function openSshCipher(body: string): string {
  const blob = Buffer.from(body.slice(0, 200).replace(/-----END[\s\S]*$/, ""), "base64");
  const start = "openssh-key-v1\0".length;
  const length = blob.length >= start + 4 ? blob.readUInt32BE(start) : 0;
  return blob.toString("latin1", start + 4, start + 4 + Math.min(length, 64));
}

/** ssh takes a file of its own user only when nobody else may read it; the owner of others' files it does not judge. */
export function isTooOpen({ uid, mode }: { uid: number; mode: number }, ownUid: number): boolean {
  return uid === ownUid && (mode & 0o077) !== 0;
}
