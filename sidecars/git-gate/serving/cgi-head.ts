// The head of a CGI program's answer: lines of `Name: value` up to an empty one, `Status` among them.

export interface CgiHead {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
}

const MOST_HEAD = 16_384;

export type CgiReading =
  | { readonly kind: "more" }
  | { readonly kind: "bad" }
  /** `rest`: what of the body came with it. */
  | { readonly kind: "head"; readonly head: CgiHead; readonly rest: Buffer };

/** `so far`: everything that the program has written. */
export function readCgiHead(soFar: Buffer): CgiReading {
  const text = soFar.toString("latin1", 0, Math.min(soFar.length, MOST_HEAD));
  const end = /\r?\n\r?\n/.exec(text);
  if (end === null) return soFar.length > MOST_HEAD ? { kind: "bad" } : { kind: "more" };
  const lines = text.slice(0, end.index).split(/\r?\n/);
  const pairs: [string, string][] = [];
  for (const line of lines) {
    const [, name, value] = /^([A-Za-z0-9-]+):[ \t]*([^\r\n]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return { kind: "bad" };
    pairs.push([name.toLowerCase(), value]);
  }
  const status = pairs.find(([name]) => name === "status")?.[1] ?? "200";
  if (!/^[1-5]\d\d\b/.test(status)) return { kind: "bad" };
  const headers = pairs.filter(([name]) => name !== "status");
  return {
    kind: "head",
    head: { status: Number(status.slice(0, 3)), headers },
    rest: soFar.subarray(end.index + end[0].length),
  };
}
