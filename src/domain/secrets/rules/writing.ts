// How rules are written: shorthands for pieces of patterns that many of them have.

export const UUID = "[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}";
export const WORD = "[A-Za-z0-9]";
/** Of base64url, and of most names. */
export const WORD_OR_LINE = "[A-Za-z0-9_-]";
export const BASE64 = "[A-Za-z0-9+/=_-]";

const SEPARATORS: Readonly<Record<string, string>> = { _: "[_.-]?", "-": "[_.-]" };

/** `token` as `[tT][oO]…`; `_` stands for one of `_ - .` or none, `-` for one of them. */
function anyCase(word: string): string {
  return Array.from(word)
    .map((char) => SEPARATORS[char] ?? (/[a-z]/.test(char) ? `[${char}${char.toUpperCase()}]` : char))
    .join("");
}

/**
 * One of `names` within a name, then `=` or `:` as code, configuration, headers and JSON (escaped, too) write it, then the
 * value: `HEROKU_API_KEY=…`, `"herokuApiKey": "…"`, `heroku.key => '…'`.
 */
export function assigned(names: readonly string[], value: string): string[] {
  return names.map(
    (name) => `${anyCase(name)}[A-Za-z0-9_.-]{0,24}["'\`\\]\\\\\\s]{0,4}[=:][=>]?["'\`\\\\(\\s]{0,6}(${value})`,
  );
}
