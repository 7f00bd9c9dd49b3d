// What a definition's host_key looks like: `<type> <base64>`, a comment behind it allowed.

const TYPES = [
  "ssh-ed25519",
  "ssh-rsa",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
];

export interface HostKeyWords {
  readonly type: string;
  readonly data: string;
}

/** Undefined when it has not that form; whether `data` is a key is for whoever can decode it. */
export function hostKeyWords(text: string): HostKeyWords | undefined {
  const [type, data] = text.trim().split(/[ \t]+/);
  if (type === undefined || data === undefined || /[\r\n]/.test(text.trim())) return undefined;
  return TYPES.includes(type) && /^[A-Za-z0-9+/]+={0,2}$/.test(data) ? { type, data } : undefined;
}

/** What is wrong with a stated one, in the words after its name. */
export function hostKeyProblem(text: string): string | undefined {
  if (text.trim() === "" || hostKeyWords(text) !== undefined) return undefined;
  const words = text.trim().split(/[ \t]+/);
  return TYPES.includes(words[1] ?? "")
    ? `must begin with the key's type: leave out the name before it, \`${words[0]}\``
    : 'must be "<type> <base64>": one of the keys that `ssh-keyscan` prints, without the name before it';
}
