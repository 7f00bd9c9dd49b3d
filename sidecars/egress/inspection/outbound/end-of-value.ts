// Where a value that was found ends, when its rule knows only how it begins.

const MOST_OF_KEY = 16 * 1024;
/** Base64, line ends, and the backslash of those that are escaped. */
const IS_OF_KEY = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n\\")
  IS_OF_KEY[char.charCodeAt(0)] = 1;

/** Rules are as long as they need be to know a key: the rest of it is no less secret. */
export function endOfValue(rule: string, bytes: Uint8Array, told: number): number {
  if (!rule.startsWith("private-key")) return told;
  const most = Math.min(bytes.length, told + MOST_OF_KEY);
  let end = told;
  while (end < most && IS_OF_KEY[bytes[end]!] === 1) end += 1;
  return end;
}
