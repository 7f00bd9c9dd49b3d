// SHA-256 of few bytes, for the checksums of wallets: the domain has no crypto of Node's.

const ROUNDS = Uint32Array.from(roots(64, 3));
const START = roots(8, 2);

export function sha256(bytes: Uint8Array): Uint8Array {
  const hash = Uint32Array.from(START);
  const padded = pad(bytes);
  const schedule = new Uint32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    fillSchedule(schedule, padded, block);
    compress(hash, schedule);
  }
  const digest = new Uint8Array(32);
  const view = new DataView(digest.buffer);
  hash.forEach((word, index) => view.setUint32(index * 4, word));
  return digest;
}

function pad(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, bytes.length * 8);
  return padded;
}

function fillSchedule(schedule: Uint32Array, padded: Uint8Array, block: number): void {
  const view = new DataView(padded.buffer, block, 64);
  for (let at = 0; at < 16; at += 1) schedule[at] = view.getUint32(at * 4);
  for (let at = 16; at < 64; at += 1) {
    const near = schedule[at - 2]!;
    const far = schedule[at - 15]!;
    const s0 = turn(far, 7) ^ turn(far, 18) ^ (far >>> 3);
    const s1 = turn(near, 17) ^ turn(near, 19) ^ (near >>> 10);
    schedule[at] = schedule[at - 16]! + s0 + schedule[at - 7]! + s1;
  }
}

function compress(hash: Uint32Array, schedule: Uint32Array): void {
  let [a, b, c, d, e, f, g, h] = hash as unknown as [number, number, number, number, number, number, number, number];
  for (let at = 0; at < 64; at += 1) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const choice = (e & f) ^ (~e & g);
    const one = (h + s1 + choice + ROUNDS[at]! + schedule[at]!) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + s0 + majority) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => (hash[index] = hash[index]! + word));
}

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** The first 32 bits behind the point of the roots of the first primes, as the standard has them. */
function roots(count: number, root: 2 | 3): number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate += 1) {
    if (!isPrime(candidate)) continue;
    const value = root === 2 ? Math.sqrt(candidate) : Math.cbrt(candidate);
    found.push(Math.floor((value - Math.floor(value)) * 2 ** 32));
  }
  return found;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) if (candidate % divisor === 0) return false;
  return true;
}
