// Classic BPF as the kernel takes it for system call filters: https://docs.kernel.org/userspace-api/seccomp_filter.html

/** `code` of struct sock_filter; only what our filter uses. */
export const BPF = {
  loadWord: 0x20,
  jumpEqual: 0x15,
  jumpGreaterOrEqual: 0x35,
  jumpAnySet: 0x45,
  return: 0x06,
} as const;

/** Offsets into struct seccomp_data. */
export const DATA = { number: 0, arch: 4, argument: (index: number) => 16 + 8 * index } as const;

export const VERDICT = { allow: 0x7fff0000, kill: 0x80000000, errno: (value: number) => 0x00050000 | value } as const;

export interface Instruction {
  readonly code: number;
  /** Instructions to skip when the comparison holds, and when it does not. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export function load(offset: number): Instruction {
  return { code: BPF.loadWord, jt: 0, jf: 0, k: offset };
}

export function answer(verdict: number): Instruction {
  return { code: BPF.return, jt: 0, jf: 0, k: verdict };
}

/** `then` runs when the loaded word equals `value`; it must end in an answer. */
export function whenEqual(value: number, then: readonly Instruction[]): Instruction[] {
  return [{ code: BPF.jumpEqual, jt: 0, jf: then.length, k: value }, ...then];
}

export function whenNotEqual(value: number, then: readonly Instruction[]): Instruction[] {
  return [{ code: BPF.jumpEqual, jt: then.length, jf: 0, k: value }, ...then];
}

export function whenAtLeast(value: number, then: readonly Instruction[]): Instruction[] {
  return [{ code: BPF.jumpGreaterOrEqual, jt: 0, jf: then.length, k: value }, ...then];
}

/** `then` runs when any bit of `bits` is set in the loaded word. */
export function whenAnyBit(bits: number, then: readonly Instruction[]): Instruction[] {
  return [{ code: BPF.jumpAnySet, jt: 0, jf: then.length, k: bits }, ...then];
}

/** An array of struct sock_filter, little-endian as both of our architectures are. */
export function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    if (jt > 255 || jf > 255) throw new RangeError("a jump in the system call filter is too far");
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jt);
    view.setUint8(index * 8 + 3, jf);
    view.setUint32(index * 8 + 4, k >>> 0, true);
  }
  return bytes;
}
