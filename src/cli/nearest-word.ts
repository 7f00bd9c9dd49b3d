// "Did you mean": the accepted word that is nearest to what was typed.

/** The nearest of `words` within a third of the typed length (at least 2 edits), or one that it is the start of. */
export function nearestWord(typed: string, words: readonly string[]): string | undefined {
  const started = words.filter((word) => typed.length >= 2 && word.startsWith(typed));
  if (started.length === 1) return started[0];
  const limit = Math.max(2, Math.floor(typed.length / 3));
  let best: { word: string; edits: number } | undefined;
  for (const word of words) {
    const edits = editDistance(typed.toLowerCase(), word.toLowerCase());
    if (edits <= limit && edits < word.length && (best === undefined || edits < best.edits)) best = { word, edits };
  }
  return best?.word;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min(at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, at(before, j - 2) + 1);
      row.push(edits);
    }
    before = above;
    above = row;
  }
  return at(above, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
