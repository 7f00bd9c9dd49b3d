// Which bytes of a terminal's output carry text: not colours, cursor movements and line breaks, and not the blanks and frames
// that a wrapped line has at its ends. A secret is looked for in what is left.

/** Of a byte outside of escape sequences: text, no text, or the first of several that tell it together. */
export const TEXT = 0;
export const NOISE = 1;
export const LEAD = 2;

const ESC = 0x1b;
/** Two bytes of UTF-8 that begin with it may be a C1 control. */
const C1_LEAD = 0xc2;
/** Three bytes that begin with it may be a line of a frame: U+2500 to U+257F, and U+2580 to U+259F beside it. */
const FRAME_LEAD = 0xe2;

export const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === ESC || byte === C1_LEAD || byte === FRAME_LEAD) return LEAD;
  return byte <= 0x20 || byte === 0x7f ? NOISE : TEXT;
});

type State = "ground" | "c1" | "frame" | "frame-end" | "escape" | "csi" | "string" | "string-escape";

export interface Lexer {
  /** Outside of everything: KINDS tells of the next byte. */
  readonly isGround: boolean;
  /** In the text of a title, a link, or another string that the screen does not show where it stands. */
  readonly inString: boolean;
  /** How many bytes before this one were text after all, and whether this one is. A string that begins or ends is told. */
  step(byte: number): Step;
}

export interface Step {
  /** Bytes right before this one that turned out to be text. */
  readonly late: number;
  readonly text: boolean;
  /** A string begins behind this byte. */
  readonly opens: boolean;
}

const NOTHING: Step = { late: 0, text: false, opens: false };
const OPENS: Step = { late: 0, text: false, opens: true };
const AFTER_ALL: Step = { late: 1, text: true, opens: false };
const IS_TEXT: Step = { late: 0, text: true, opens: false };

export function newLexer(): Lexer {
  let state: State = "ground";
  const to = (next: State, step = NOTHING): Step => {
    state = next;
    return step;
  };
  const escape = (byte: number): Step => {
    if (byte === 0x5b) return to("csi");
    if (isStringIntroducer(byte)) return to("string", OPENS);
    return to(byte >= 0x20 && byte < 0x30 ? "escape" : byte === ESC ? "escape" : "ground");
  };
  return {
    get isGround() {
      return state === "ground";
    },
    get inString() {
      return state === "string" || state === "string-escape";
    },
    step(byte) {
      switch (state) {
        case "ground":
          if (byte === ESC) return to("escape");
          if (byte === C1_LEAD) return to("c1");
          if (byte === FRAME_LEAD) return to("frame");
          return KINDS[byte] === TEXT ? IS_TEXT : NOTHING;
        case "c1":
          // U+0080 to U+009F: the same introducers in one character, 0x40 above their second byte.
          return byte >= 0x80 && byte <= 0x9f ? escape(byte - 0x40) : to("ground", AFTER_ALL);
        case "frame":
          return byte >= 0x94 && byte <= 0x96 ? to("frame-end") : to("ground", AFTER_ALL);
        case "frame-end":
          return to("ground");
        case "escape":
          return escape(byte);
        case "csi":
          if (byte === ESC) return to("escape");
          return byte >= 0x40 || byte === 0x18 || byte === 0x1a ? to("ground") : NOTHING;
        case "string":
          if (byte === ESC) return to("string-escape");
          if (byte === 0x07 || byte === 0x18 || byte === 0x1a) return to("ground");
          return KINDS[byte] === NOISE ? NOTHING : IS_TEXT;
        case "string-escape":
          // ESC \ ends it; any other ESC begins a sequence of its own.
          return byte === 0x5c ? to("ground") : escape(byte);
      }
    },
  };
}

function isStringIntroducer(byte: number): boolean {
  return byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f;
}

/** The text of `bytes` alone: what of a secret is looked for. */
export function textOf(bytes: Buffer): Buffer {
  const lexer = newLexer();
  const kept: number[] = [];
  for (const [at, byte] of bytes.entries()) {
    const { late, text } = lexer.step(byte);
    for (let back = late; back > 0; back -= 1) kept.push(bytes[at - back] as number);
    if (text) kept.push(byte);
  }
  return Buffer.from(kept);
}
