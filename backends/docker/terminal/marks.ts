// Marks that we write to an agent's terminal to find the same place in its live output and in its log.
//
// The engine writes a line to the log only at its newline, or when it has grown to 16 KB: what stands behind (a prompt, half
// of a screen) is in no log, and whoever attaches would never see it. A mark is a string that terminals ignore, with a
// newline in it: it brings the log up to date, and is the place where the replay ends and the live output begins.

const HEAD = Buffer.from("\u001b_bottle-dash ", "latin1");
const TAIL = Buffer.from("\u001b\\", "latin1");
const NAME_LENGTH = 16;
/** The terminal may have made CR LF of the newline. */
const MARK = /^[0-9a-f]{16}\r?\n/;
const REST_LENGTH = NAME_LENGTH + 2;

/** `name`: 16 digits of hex that nobody can guess. */
export function markText(name: string): string {
  return `${HEAD.toString("latin1")}${name}\n${TAIL.toString("latin1")}`;
}

export type Piece =
  | { readonly type: "bytes"; readonly bytes: Buffer }
  | { readonly type: "mark"; readonly name: string };

export interface MarkFilter {
  /** Output without marks, and the marks between. What may begin one waits for the next chunk. */
  push(chunk: Buffer): Piece[];
  /** What still waited: it was no mark. */
  end(): Piece[];
}

/** Output may contain anything, also our marks cut in two, and strings that only look like one. */
export function markFilter(): MarkFilter {
  let held: Buffer = Buffer.alloc(0);
  let behindMark = false;

  const push = (chunk: Buffer): Piece[] => {
    let rest = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    held = Buffer.alloc(0);
    const pieces: Piece[] = [];
    for (;;) {
      if (behindMark) {
        if (rest.length < TAIL.length && TAIL.subarray(0, rest.length).equals(rest)) break;
        if (rest.subarray(0, TAIL.length).equals(TAIL)) rest = rest.subarray(TAIL.length);
        behindMark = false;
      }
      const found = nextMark(rest);
      if (found.at > 0) pieces.push({ type: "bytes", bytes: rest.subarray(0, found.at) });
      rest = rest.subarray(found.at + found.length);
      if (found.name === undefined) break;
      pieces.push({ type: "mark", name: found.name });
      behindMark = true;
    }
    held = Buffer.from(rest); // a copy: it must not keep a large chunk alive
    return pieces;
  };
  return {
    push,
    end() {
      const rest = held;
      held = Buffer.alloc(0);
      return rest.length === 0 ? [] : [{ type: "bytes", bytes: rest }];
    },
  };
}

/** The next mark, or where one may begin that is not complete yet, or the end. */
function nextMark(bytes: Buffer): { at: number; length: number; name?: string } {
  for (let at = bytes.indexOf(HEAD); at !== -1; at = bytes.indexOf(HEAD, at + 1)) {
    const start = at + HEAD.length;
    const text = bytes.toString("latin1", start, start + REST_LENGTH);
    const whole = MARK.exec(text)?.[0];
    if (whole !== undefined) return { at, length: HEAD.length + whole.length, name: text.slice(0, NAME_LENGTH) };
    if (mayBecomeMark(text)) return { at, length: 0 };
  }
  return { at: bytes.length - beginningOf(HEAD, bytes), length: 0 };
}

function mayBecomeMark(text: string): boolean {
  return text.length < REST_LENGTH && /^[0-9a-f]{0,16}$|^[0-9a-f]{16}\r$/.test(text);
}

/** How many bytes at the end of `bytes` are the beginning of `whole`. */
function beginningOf(whole: Buffer, bytes: Buffer): number {
  for (let length = Math.min(whole.length - 1, bytes.length); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(whole.subarray(0, length))) return length;
  }
  return 0;
}
