// The few ASN.1 values of a certificate, written in DER (ITU-T X.690). Writing only: nothing here ever reads DER.

export function sequence(...members: Uint8Array[]): Buffer {
  return tagged(0x30, ...members);
}

export function setOf(member: Uint8Array): Buffer {
  return tagged(0x31, member);
}

/** `[number]` around whole values, as in `version [0] EXPLICIT`. */
export function explicit(number: number, ...members: Uint8Array[]): Buffer {
  return tagged(0xa0 | number, ...members);
}

/** `[number]` in place of the tag that bytes would have, as in `dNSName [2] IMPLICIT IA5String`. */
export function implicit(number: number, bytes: Uint8Array): Buffer {
  return tagged(0x80 | number, bytes);
}

/** Positive: a leading zero keeps the first bit from being a sign, and no other zero leads. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const trimmed = first === -1 ? Uint8Array.of(0) : bytes.subarray(first);
  return tagged(0x02, trimmed[0]! > 0x7f ? Uint8Array.of(0) : new Uint8Array(), trimmed);
}

export const TRUE: Buffer = tagged(0x01, Uint8Array.of(0xff));

/** `unused`: how many of the last byte's low bits are none. */
export function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return tagged(0x03, Uint8Array.of(unused), bytes);
}

export function octetString(bytes: Uint8Array): Buffer {
  return tagged(0x04, bytes);
}

export function utf8String(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text));
}

/** To the second. UTCTime until 2049, as RFC 5280 demands, GeneralizedTime from then on. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/\.\d+/, "").replaceAll(/[-:T]/g, "");
  return at.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

/** `2.5.29.17` */
export function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  return tagged(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

function tagged(tag: number, ...contents: Uint8Array[]): Buffer {
  const length = contents.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return Buffer.concat([Uint8Array.from([tag, ...lengthOf(length)]), ...contents]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}
