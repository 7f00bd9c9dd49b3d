// What changed between two texts, line by line: small, for files of some hundred lines.

/** "-": only in the text before. "+": only in the one after. " ": in both. */
export interface LineChange {
  readonly sign: "-" | "+" | " ";
  readonly text: string;
}

/** Lines that are only in `before` with "-", those only in `after` with "+", in their order; empty when the texts are equal. */
export function lineDiff(before: string, after: string): string {
  return lineChanges(before, after)
    .filter(({ sign }) => sign !== " ")
    .map(({ sign, text }) => `${sign} ${text}`)
    .join("\n");
}

/** All lines of both texts, in their order. */
export function lineChanges(before: string, after: string): LineChange[] {
  const old = before.split("\n");
  const now = after.split("\n");
  const start = commonStart(old, now);
  const end = commonStart(old.slice(start).toReversed(), now.slice(start).toReversed());
  const changed = [old.slice(start, old.length - end), now.slice(start, now.length - end)] as const;
  return [
    ...now.slice(0, start).map(same),
    ...(longest(...changed) ?? [...changed[0].map(minus), ...changed[1].map(plus)]),
    ...now.slice(now.length - end).map(same),
  ];
}

/** More cells than these, and the whole changed part is said to be replaced. */
const MOST_CELLS = 4_000_000;

/** By the longest common subsequence; undefined when that would take too long. */
function longest(old: readonly string[], now: readonly string[]): LineChange[] | undefined {
  if (old.length * now.length > MOST_CELLS) return undefined;
  const width = now.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = now.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        old[row] === now[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: LineChange[] = [];
  let row = 0;
  let column = 0;
  while (row < old.length || column < now.length) {
    if (row < old.length && column < now.length && old[row] === now[column]) {
      lines.push(same(now[column] ?? ""));
      row += 1;
      column += 1;
    } else if (column >= now.length || (row < old.length && at(row + 1, column) >= at(row, column + 1))) {
      lines.push(minus(old[row] ?? ""));
      row += 1;
    } else {
      lines.push(plus(now[column] ?? ""));
      column += 1;
    }
  }
  return lines;
}

function commonStart(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1;
  return count;
}

function same(text: string): LineChange {
  return { sign: " ", text };
}

function minus(text: string): LineChange {
  return { sign: "-", text };
}

function plus(text: string): LineChange {
  return { sign: "+", text };
}
