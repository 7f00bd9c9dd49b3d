// The Unicode form of a host name's xn-- labels (RFC 3492), to see which letters they hide.

const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;

/** `xn--gthub-zva.com` → `gıthub.com`; a label that does not decode stays as it is. */
export function unicodeHost(host: string): string {
  return host.split(".").map(unicodeLabel).join(".");
}

function unicodeLabel(label: string): string {
  const coded = /^xn--(.+)$/i.exec(label)?.[1];
  return coded === undefined ? label : (decode(coded.toLowerCase()) ?? label);
}

function decode(input: string): string | undefined {
  const delimiter = input.lastIndexOf("-");
  const output = delimiter > 0 ? Array.from(input.slice(0, delimiter), (char) => char.codePointAt(0) ?? 0) : [];
  let [code, index, bias] = [128, 0, 72];
  for (let at = delimiter > 0 ? delimiter + 1 : 0; at < input.length;) {
    const before = index;
    for (let weight = 1, k = BASE; ; k += BASE) {
      const digit = digitOf(input[at++]);
      if (digit === undefined) return undefined;
      index += digit * weight;
      const threshold = Math.min(T_MAX, Math.max(T_MIN, k - bias));
      if (digit < threshold) break;
      weight *= BASE - threshold;
      if (weight > 0x7fff_ffff) return undefined;
    }
    const length = output.length + 1;
    bias = adapt(index - before, length, before === 0);
    code += Math.floor(index / length);
    index %= length;
    if (code > 0x10_ffff) return undefined;
    output.splice(index++, 0, code);
  }
  return String.fromCodePoint(...output);
}

function digitOf(char: string | undefined): number | undefined {
  if (char === undefined) return undefined;
  if (char >= "a" && char <= "z") return char.charCodeAt(0) - 97;
  return char >= "0" && char <= "9" ? char.charCodeAt(0) - 22 : undefined;
}

function adapt(delta: number, length: number, first: boolean): number {
  let rest = Math.floor(delta / (first ? 700 : 2));
  rest += Math.floor(rest / length);
  let k = 0;
  for (; rest > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + 38));
}
