// Seed phrases of wallets (BIP39, English): 12 to 24 words of one list, the last of which checks the others.

import { wordlist } from "@scure/bip39/wordlists/english.js";

import { sha256 } from "../checks/sha256.ts";
import type { Found } from "../rule.ts";
import type { Work } from "../work.ts";

const LENGTHS = [24, 21, 18, 15, 12] as const;
const SHORTEST_WORD = 3;
const LONGEST_WORD = 8;
/** Between two words: numbers, quotes, commas, line ends with their indent. */
const LONGEST_GAP = 12;
export const LONGEST_PHRASE = 24 * LONGEST_WORD + 26 * LONGEST_GAP;

/** Twelve words of three letters and the blanks between them have 47 bytes: one of these places has a whole word behind it. */
const STRIDE = 32;
/** More words in a row are a list of words, and no phrase; a few may stand before or after one ("seed phrase: …"). */
const MOST_WORDS = 30;
const MOST_STRANGERS = 3;
/** A phrase with more words said twice is the one of some documentation. */
const MOST_REPEATED = 2;
const CHECKING = 3000;

/** No two words begin with the same four letters (or three, of the shortest words). */
const NUMBER_OF: ReadonlyMap<number, number> = new Map(wordlist.map((word, index) => [fourLetters(word), index]));
/** By the first three letters: most words of other texts end here. */
const BEGINS = new Uint8Array(32 ** 3);
for (const word of wordlist) BEGINS[threeLetters(word.charCodeAt(0), word.charCodeAt(1), word.charCodeAt(2))] = 1;

interface Word {
  readonly start: number;
  readonly end: number;
  readonly number: number;
}

export function findSeedPhrases(bytes: Uint8Array, work: Work, found: Found): void {
  let done = 0;
  for (let at = 0; at < bytes.length && work.left > 0; at += STRIDE) {
    if (at < done) continue;
    const word = wordAt(bytes, wordStart(bytes, at));
    work.left -= 4;
    // A phrase that begins less than a stride before has more words behind this one.
    if (word === undefined || wordAfter(bytes, word.end) === undefined) continue;
    const words = wordsAround(bytes, word, done);
    const first = words[0]!;
    done = words.at(-1)!.end;
    work.left -= 8 * (done - first.start) + 8;
    if (words.length >= 12) report(words, work, found);
  }
}

function report(words: readonly Word[], work: Work, found: Found): void {
  if (words.length > MOST_WORDS) return;
  for (const length of LENGTHS) {
    const strangers = words.length - length;
    for (let first = 0; first <= Math.min(strangers, MOST_STRANGERS); first += 1) {
      if (strangers - first > MOST_STRANGERS) continue;
      const phrase = words.slice(first, first + length);
      work.left -= CHECKING;
      if (!isPhrase(phrase.map(({ number }) => number))) continue;
      found(phrase[0]!.start, phrase.at(-1)!.end);
      return;
    }
  }
}

function isPhrase(numbers: readonly number[]): boolean {
  if (new Set(numbers).size < numbers.length - MOST_REPEATED) return false;
  if (numbers.every((number, index) => index === 0 || number >= numbers[index - 1]!)) return false;
  const bits = numbers.map((number) => number.toString(2).padStart(11, "0")).join("");
  const checked = Math.floor(bits.length / 33);
  const entropy = bits.slice(0, -checked).match(/.{8}/g) ?? [];
  const hash = sha256(Uint8Array.from(entropy, (byte) => Number.parseInt(byte, 2)));
  return hash[0]!.toString(2).padStart(8, "0").startsWith(bits.slice(-checked));
}

function wordsAround(bytes: Uint8Array, word: Word, from: number): Word[] {
  const words = [word];
  for (
    let before = wordBefore(bytes, word.start, from);
    before !== undefined;
    before = wordBefore(bytes, before.start, from)
  ) {
    words.push(before);
  }
  words.reverse();
  for (let after = wordAfter(bytes, word.end); after !== undefined; after = wordAfter(bytes, after.end))
    words.push(after);
  return words;
}

function wordBefore(bytes: Uint8Array, start: number, from: number): Word | undefined {
  let end = start - (isEscapeLetter(bytes, start) ? 1 : 0);
  const least = Math.max(from, start - LONGEST_GAP);
  while (end > least && IS_LETTER[bytes[end - 1]!] === 0) end -= 1;
  if (end === start || end <= from || IS_LETTER[bytes[end - 1]!] === 0) return undefined;
  const begin = wordStart(bytes, end - 1);
  return begin < from ? undefined : wordAt(bytes, begin);
}

function wordAfter(bytes: Uint8Array, end: number): Word | undefined {
  let at = end;
  while (
    at < bytes.length &&
    at - end < LONGEST_GAP &&
    !(IS_LETTER[bytes[at]!] === 1 && !isEscapeLetter(bytes, at + 1))
  )
    at += 1;
  return at === end || at >= bytes.length ? undefined : wordAt(bytes, at);
}

/** The beginning of the word that a place is in, or of the one behind it. */
function wordStart(bytes: Uint8Array, at: number): number {
  let start = at;
  if (IS_LETTER[bytes[at]!] === 0) {
    const last = Math.min(bytes.length, at + LONGEST_GAP);
    while (start < last && IS_LETTER[bytes[start]!] === 0) start += 1;
    return start;
  }
  const first = Math.max(0, at - LONGEST_WORD - 1);
  while (start > first && IS_LETTER[bytes[start - 1]!] === 1) start -= 1;
  return isEscapeLetter(bytes, start + 1) ? start + 1 : start;
}

function wordAt(bytes: Uint8Array, start: number): Word | undefined {
  if (start + SHORTEST_WORD > bytes.length) return undefined;
  const begins = threeLetters(bytes[start]!, bytes[start + 1]!, bytes[start + 2]!);
  if (BEGINS[begins] === 0) return undefined;
  let end = start;
  while (end < bytes.length && end - start <= LONGEST_WORD && IS_LETTER[bytes[end]!] === 1) end += 1;
  const length = end - start;
  if (length > LONGEST_WORD || length < SHORTEST_WORD) return undefined;
  const number = NUMBER_OF.get((begins << 5) | (length === SHORTEST_WORD ? 0 : bytes[start + SHORTEST_WORD]! & 31));
  return number !== undefined && isWord(wordlist[number]!, bytes, start, length) ? { start, end, number } : undefined;
}

function isWord(word: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (word.length !== length) return false;
  for (let at = 0; at < length; at += 1) if ((bytes[start + at]! | 0x20) !== word.charCodeAt(at)) return false;
  return true;
}

function fourLetters(word: string): number {
  const fourth = word.length === SHORTEST_WORD ? 0 : word.charCodeAt(SHORTEST_WORD) & 31;
  return (threeLetters(word.charCodeAt(0), word.charCodeAt(1), word.charCodeAt(2)) << 5) | fourth;
}

function threeLetters(first: number, second: number, third: number): number {
  return ((first & 31) << 10) | ((second & 31) << 5) | (third & 31);
}

/** Whether the byte before is the letter of `\n`, `\r` or `\t`, written as two characters. */
function isEscapeLetter(bytes: Uint8Array, at: number): boolean {
  const letter = bytes[at - 1];
  return at >= 2 && bytes[at - 2] === 0x5c && (letter === 0x6e || letter === 0x72 || letter === 0x74);
}

const IS_LETTER = new Uint8Array(256);
for (let letter = 0; letter < 26; letter += 1) IS_LETTER[65 + letter] = IS_LETTER[97 + letter] = 1;
