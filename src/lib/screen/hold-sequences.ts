// Cuts a terminal's output only where no escape sequence is open, so that a viewer that joins there misses nothing.

export interface SequenceHolder {
  /** What may go on: all of the text so far but an escape sequence that is not complete yet. */
  push(text: string): string;
  /** What is still held back; nothing is afterwards. */
  flush(): string;
}

const ESC = "\u001b";
/** ESC and the 8-bit DCS, SOS, CSI, OSC, PM, APC. */
const INTRODUCERS = [ESC, "\u0090", "\u0098", "\u009b", "\u009d", "\u009e", "\u009f"];
/** Inside a string: BEL (for OSC), CAN, SUB, ESC and the 8-bit ST end it. */
// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const STRING_END = /[\u0007\u0018\u001a\u001b\u009c]/;
// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const CONTROL_STRING_END = /[\u0018\u001a\u001b\u009c]/;
// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const CSI_END = /[\u0018\u001a@-\uffff]/;
// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const ESCAPE_END = /[\u0018\u001a0-\uffff]/;

/** A sequence that is still open after `limit` characters is let through in pieces. */
export function holdSequences(limit = 65_536): SequenceHolder {
  let held = "";
  let longString = false;

  const cut = (text: string, at: number): string => {
    held = text.slice(at);
    if (held.length <= limit) return text.slice(0, at);
    held = "";
    longString = true;
    return text;
  };
  return {
    push(text) {
      const all = held + text;
      held = "";
      if (longString && !STRING_END.test(all)) return all;
      longString = false;
      return cut(all, openSequence(all));
    },
    flush() {
      const rest = held;
      held = "";
      longString = false;
      return rest;
    },
  };
}

/** Where the sequence begins that is open at the end of `text`; its length when none is. */
function openSequence(text: string): number {
  const last = lastIntroducer(text, text.length);
  if (last === -1) return text.length;
  if (last < text.length - 1 || text[last] !== ESC) return isComplete(text.slice(last)) ? text.length : last;
  // A lone ESC may be the first half of the terminator of a string that began before it.
  const before = lastIntroducer(text, last);
  return before !== -1 && !isComplete(text.slice(before, last)) ? before : last;
}

function lastIntroducer(text: string, end: number): number {
  if (end === 0) return -1;
  return Math.max(...INTRODUCERS.map((introducer) => text.lastIndexOf(introducer, end - 1)));
}

/** `sequence` begins with an introducer and has no further one. */
function isComplete(sequence: string): boolean {
  const eightBit = sequence[0] !== ESC;
  const kind = eightBit ? String.fromCharCode(sequence.charCodeAt(0) - 0x40) : sequence[1];
  const body = sequence.slice(eightBit ? 1 : 2);
  switch (kind) {
    case undefined:
      return false;
    case "[":
      return CSI_END.test(body);
    case "]":
      return STRING_END.test(body);
    case "P":
    case "X":
    case "^":
    case "_":
      return CONTROL_STRING_END.test(body);
    default:
      return ESCAPE_END.test(sequence.slice(1));
  }
}
