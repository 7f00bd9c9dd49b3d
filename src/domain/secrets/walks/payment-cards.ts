// Payment cards: digits alone or in the groups that are printed on them, of a known issuer, with a right check digit.

import { passesLuhn } from "../checks/luhn.ts";
import type { Found, NamedRule } from "../rule.ts";
import type { Work } from "../work.ts";

/** Nineteen digits in groups, a group of others on either side, and what must not stand around them. */
export const LONGEST_CARD = 48;

/** Any card has a digit in one of two places that are this far apart. */
const STRIDE = 8;

/** That providers tell everybody to use in tests: noted, no reason to stop anything. */
export const documentedCard: NamedRule = {
  id: "payment-card-test",
  title: "payment card number that providers document for tests",
  severity: "warn",
};

const DOCUMENTED: ReadonlySet<string> = new Set(
  (
    "4111111111111111 4242424242424242 4012888888881881 4000056655665556 4000000000000002 4000000000009995 4000002500003155 " +
    "4000000000003220 4000000000000077 4000000000000341 4000000000000069 4000000000000127 4000002760003184 4444333322221111 " +
    "4917610000000000 4988438843884305 4166676667666746 4646464646464644 4263982640269299 4005550000000019 4009348888881881 " +
    "4500600000000061 4532015112830366 4539578763621486 4916338506082832 5555555555554444 5105105105105100 5200828282828210 " +
    "5454545454545454 5555341244441115 5424000000000015 5425233430109903 5399999999999999 2222420000001113 2223003122003222 " +
    "2223000048400011 2223000048410010 5186009999999999 5100290029002909 378282246310005 371449635398431 370000000000002 " +
    "374245455400126 378734493671000 374251018720018 6011111111111117 6011000990139424 6011981111111113 6011000000000004 " +
    "6445644564456445 3056930009020004 30569309025904 36227206271667 38520000023237 36006666333344 3566002020360505 " +
    "3530111333300000 3569990010095841 6200000000000005 6200000000000047 6205500000000000004 6243030000000001"
  ).split(" "),
);

interface Group {
  readonly start: number;
  readonly end: number;
  /** Before it: `-`, a blank, or 0. */
  readonly separator: number;
}

export function findPaymentCards(bytes: Uint8Array, work: Work, found: Found): void {
  for (let at = 0; at < bytes.length; at += STRIDE) {
    if (!isDigit(bytes[at]!) || !inFourDigits(bytes, at)) continue;
    const groups = groupsAround(bytes, at);
    const end = groups.at(-1)!.end;
    work.left -= 16 * (end - groups[0]!.start) + 8;
    if (work.left <= 0) return;
    report(bytes, groups, found);
    // The run is done: go on at the next place behind it.
    at += Math.floor((end - at) / STRIDE) * STRIDE;
  }
}

/** Fewer in a row are no group of a card, but for the last of the longest: another place is in its other groups. */
function inFourDigits(bytes: Uint8Array, at: number): boolean {
  let count = 1;
  for (let left = at - 1; left >= 0 && count < 4 && isDigit(bytes[left]!); left -= 1) count += 1;
  for (let right = at + 1; right < bytes.length && count < 4 && isDigit(bytes[right]!); right += 1) count += 1;
  return count === 4;
}

/** Digits around a place, and their neighbours as far as single separators join them. */
function groupsAround(bytes: Uint8Array, at: number): Group[] {
  let start = at;
  while (joins(bytes, start - 1)) start -= 1;
  const groups: Group[] = [];
  let groupStart = start;
  let separator = 0;
  for (let end = start; ; end += 1) {
    if (end < bytes.length && isDigit(bytes[end]!)) continue;
    groups.push({ start: groupStart, end, separator });
    if (!joins(bytes, end)) return groups;
    separator = bytes[end]!;
    groupStart = end + 1;
  }
}

/** A digit, or a separator between digits. */
function joins(bytes: Uint8Array, at: number): boolean {
  if (at < 0 || at >= bytes.length) return false;
  if (isDigit(bytes[at]!)) return true;
  return (
    isSeparator(bytes[at]!) && at > 0 && at + 1 < bytes.length && isDigit(bytes[at - 1]!) && isDigit(bytes[at + 1]!)
  );
}

function report(bytes: Uint8Array, groups: readonly Group[], found: Found): void {
  for (let first = 0; first < groups.length; first += 1) {
    const count = cardGroups(groups, first);
    if (count === 0) continue;
    const { start } = groups[first]!;
    const { end } = groups[first + count - 1]!;
    if (!standsAlone(bytes, start, end)) continue;
    const digits = digitsOf(bytes, start, end);
    const isCard = hasIssuer(digits, count) && passesLuhn(digits);
    if (isCard) found(start, end, isDocumented(digits) ? documentedCard : undefined);
  }
}

/** Also `6450000000000002` and its kind. */
function isDocumented(digits: string): boolean {
  return DOCUMENTED.has(digits) || new Set(digits.slice(4, -1)).size <= 2;
}

/** How many groups from `first` on are one card: one of 14 to 16 digits, or groups as they are printed; 0 for none. */
function cardGroups(groups: readonly Group[], first: number): number {
  const length = (index: number): number => (groups[index] === undefined ? 0 : groups[index].end - groups[index].start);
  const alone = length(first);
  if (alone >= 14 && alone <= 16) return 1;
  const separator = groups[first + 1]?.separator;
  for (const shape of SHAPES) {
    const fits = shape.every(
      (size, index) =>
        length(first + index) === size && (index === 0 || groups[first + index]!.separator === separator),
    );
    // A table of numbers of four digits is no card.
    if (fits && length(first - 1) !== 4 && length(first + shape.length) !== 4) return shape.length;
  }
  return 0;
}

const SHAPES: readonly (readonly number[])[] = [
  [4, 4, 4, 4, 3],
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
];

/** Not a part of a longer number, a name or an identifier. */
function standsAlone(bytes: Uint8Array, start: number, end: number): boolean {
  const before = start === 0 ? 0 : bytes[start - 1]!;
  const after = end === bytes.length ? 0 : bytes[end]!;
  if (isWord(before) || isWord(after) || before === DOT || before === DASH || after === DASH || before === PLUS)
    return false;
  return !(after === DOT && end + 1 < bytes.length && isDigit(bytes[end + 1]!));
}

const DOT = 0x2e;
const DASH = 0x2d;
const PLUS = 0x2b;

function digitsOf(bytes: Uint8Array, start: number, end: number): string {
  let digits = "";
  for (let at = start; at < end; at += 1) if (isDigit(bytes[at]!)) digits += String.fromCharCode(bytes[at]!);
  return digits;
}

function hasIssuer(digits: string, groups: number): boolean {
  const two = Number(digits.slice(0, 2));
  const three = Number(digits.slice(0, 3));
  const four = Number(digits.slice(0, 4));
  switch (digits.length) {
    case 14: // Diners Club
      return (three >= 300 && three <= 305) || two === 36 || two === 38 || two === 39;
    case 15: // American Express
      return two === 34 || two === 37;
    case 16: // Visa, Mastercard, Discover, JCB, UnionPay
      return (
        digits[0] === "4" ||
        (two >= 51 && two <= 55) ||
        (four >= 2221 && four <= 2720) ||
        four === 6011 ||
        (three >= 644 && three <= 659) ||
        (four >= 3528 && four <= 3589) ||
        two === 62
      );
    case 19: // Visa and UnionPay, in groups only: numbers of 19 digits are common
      return groups > 1 && (digits[0] === "4" || two === 62);
    default:
      return false;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isSeparator(byte: number): boolean {
  return byte === 0x20 || byte === DASH;
}

function isWord(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f;
}
