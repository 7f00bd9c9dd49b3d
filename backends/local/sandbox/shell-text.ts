// Words for /bin/sh.

/** `text` as one word, whatever is in it. */
export function quote(text: string): string {
  return /^[A-Za-z0-9_/.,:=+@%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Fixed arguments, as one would type them: `words("--cap-drop ALL")`. None of them holds a space. */
export function words(text: string): string[] {
  return text.split(" ");
}
