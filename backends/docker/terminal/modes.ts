// The modes of a terminal after output that is not replayed: the part of a long past that still shapes what comes after it.

export interface Modes {
  /** Text that ends outside of escape sequences. */
  feed(text: string): void;
  /** Sequences that put an empty terminal into these modes. */
  text(): string;
}

// CSI … h and l; the cursor's shape; soft and full reset; keypad; character sets.
const CHANGES =
  // oxlint-disable-next-line no-control-regex -- controls are what is looked for
  /\u001b\[(\??)([0-9;]*)([hl])|\u001b\[(\d*) q|\u001b\[!p|\u001bc|\u001b([=>])|\u001b([()])([0AB])/g;
/** More different ones are not kept: an agent may invent as many as it likes. */
const LIMIT = 64;

export function terminalModes(): Modes {
  /** In the order in which they were last set. */
  const kept = new Map<string, string>();
  const set = (key: string, sequence: string): void => {
    kept.delete(key);
    if (kept.size < LIMIT) kept.set(key, sequence);
  };
  return {
    feed(text) {
      for (const [whole, marker, numbers, final, , keypad, charset] of text.matchAll(CHANGES)) {
        if (whole === "\u001bc" || whole === "\u001b[!p") kept.clear();
        else if (final !== undefined) {
          for (const number of (numbers ?? "").split(";").slice(0, LIMIT)) {
            if (number !== "") set(`${marker}${Number(number)}`, `\u001b[${marker}${Number(number)}${final}`);
          }
        } else if (keypad !== undefined) set("keypad", whole);
        else if (charset !== undefined) set(charset, whole);
        else set("cursor", whole);
      }
    },
    text: () => [...kept.values()].join(""),
  };
}
