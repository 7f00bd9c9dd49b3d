// The letters of base64, standard and url-safe, and what they stand for.

export const NO_VALUE = 255;
export const SEXTET: Uint8Array = new Uint8Array(256).fill(NO_VALUE);
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
for (const [value, letter] of LETTERS.split("").entries()) SEXTET[letter.charCodeAt(0)] = value;
SEXTET["-".charCodeAt(0)] = 62;
SEXTET["_".charCodeAt(0)] = 63;

/** 1 for every letter. */
export const IS_BASE64: Uint8Array = SEXTET.map((value) => (value === NO_VALUE ? 0 : 1));
