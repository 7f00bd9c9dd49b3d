// Between text and bytes, where the domain has no TextEncoder.

export function utf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text.toWellFormed());
  const bytes: number[] = [];
  for (let at = 0; at < escaped.length; at += 1) {
    if (escaped[at] === "%") {
      bytes.push(Number.parseInt(escaped.slice(at + 1, at + 3), 16));
      at += 2;
    } else bytes.push(escaped.charCodeAt(at));
  }
  return Uint8Array.from(bytes);
}

/** One character for each byte. */
export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return Reflect.apply(String.fromCharCode, undefined, bytes.subarray(start, end));
}
