// Words for /bin/sh.

/** `text` as one word, whatever is in it. */
export function quote(text: string): string {
  return /^[A-Za-z0-9_/.,:=+@%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
