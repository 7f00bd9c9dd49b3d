// What changed between two texts, as lines with "-" and "+": small, for tables of some hundred lines.

/** Lines that are only in `before` with "-", those only in `after` with "+", in their order; empty when the texts are equal. */
export function lineDiff(before: string, after: string): string {
  const old = before.split("\n");
  const now = after.split("\n");
  const start = commonStart(old, now);
  const end = commonStart(old.slice(start).toReversed(), now.slice(start).toReversed());
  const changed = [old.slice(start, old.length - end), now.slice(start, now.length - end)] as const;
  return (longest(...changed) ?? [...changed[0].map(minus), ...changed[1].map(plus)]).join("\n");
}

/** More cells than these, and the whole changed part is said to be replaced. */
const MOST_CELLS = 4_000_000;

/** By the longest common subsequence; undefined when that would take too long. */
function longest(old: readonly string[], now: readonly string[]): string[] | undefined {
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
  const lines: string[] = [];
  let row = 0;
  let column = 0;
  while (row < old.length || column < now.length) {
    if (row < old.length && column < now.length && old[row] === now[column]) {
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

function minus(line: string): string {
  return `- ${line}`;
}

function plus(line: string): string {
  return `+ ${line}`;
}
