// The detach key in everything that the operator types at an agent: once detaches, twice goes through.

import { BottleError } from "#domain/bottle-error.ts";

export interface DetachKey {
  /** As it is shown: "ctrl-]". */
  readonly label: string;
  /** The control character that the agent gets when the key is pressed twice. */
  readonly byte: string;
  /** How terminals send it: plain, by the kitty protocol, by modifyOtherKeys. */
  readonly encodings: readonly string[];
}

/** Throws `invalid` for anything but `ctrl-` and one of a-z [ \ ] ^ _ @. */
export function parseDetachKey(text: string): DetachKey {
  const character = /^(?:ctrl-|\^)([a-z[\\\]^_@])$/i.exec(text.trim())?.[1]?.toLowerCase();
  if (character === undefined) {
    throw new BottleError("invalid", `${JSON.stringify(text)} cannot be a detach key`, {
      where: "detach key",
      hint: "use ctrl- and one of a-z [ \\ ] ^ _ @, for example ctrl-]",
    });
  }
  const byte = String.fromCharCode(character.toUpperCase().charCodeAt(0) & 0x1f);
  const code = character.charCodeAt(0);
  return {
    label: `ctrl-${character}`,
    byte,
    encodings: [byte, `\u001b[${code};5u`, `\u001b[${code};5:1u`, `\u001b[27;5;${code}~`],
  };
}

export type Keystroke = { readonly type: "data"; readonly data: string } | { readonly type: "detach-key" };

/**
 * Splits what was typed at each press of the detach key. Inside a bracketed paste the key is only text.
 * A sequence that is cut by the end of a read is kept for the next one.
 */
export function splitAtDetachKey(key: DetachKey): (chunk: string) => Keystroke[] {
  let pasting = false;
  let kept = "";
  return (chunk) => {
    const text = kept + chunk;
    const strokes: Keystroke[] = [];
    let start = 0;
    let at = 0;
    const flush = (end: number): void => {
      if (end > start) strokes.push({ type: "data", data: text.slice(start, end) });
    };
    while (at < text.length) {
      if (text.startsWith(PASTE_START, at)) pasting = true;
      else if (text.startsWith(PASTE_END, at)) pasting = false;
      const found = pasting ? undefined : key.encodings.find((encoding) => text.startsWith(encoding, at));
      if (found === undefined) {
        at += 1;
        continue;
      }
      flush(at);
      strokes.push({ type: "detach-key" });
      at += found.length;
      start = at;
    }
    const tail = unfinished(text, start, key);
    flush(tail);
    kept = text.slice(tail);
    return strokes;
  };
}

const PASTE_START = "\u001b[200~";
const PASTE_END = "\u001b[201~";

/** Where an unfinished beginning of something we look for starts; a lone Esc is a key of its own and never kept. */
function unfinished(text: string, from: number, key: DetachKey): number {
  const wanted = [...key.encodings, PASTE_START, PASTE_END].filter((sequence) => sequence.length > 2);
  for (let start = Math.max(from, text.length - 12); start < text.length - 1; start += 1) {
    const rest = text.slice(start);
    if (wanted.some((sequence) => sequence.length > rest.length && sequence.startsWith(rest))) return start;
  }
  return text.length;
}
