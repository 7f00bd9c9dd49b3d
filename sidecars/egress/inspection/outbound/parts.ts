// Much is looked at in parts that overlap, so that nothing is cut in two.

/** All of it where it is not much longer than `size`; else parts, each with the last `again` bytes of the one before. */
export function* parts(
  length: number,
  size: number,
  again: number,
): Generator<{ from: number; to: number; until: number }> {
  if (length <= size + again) return yield { from: 0, to: length, until: length };
  for (let from = 0; ;) {
    const to = from + size + 2 * again;
    if (to >= length) return yield { from, to: length, until: length };
    // What begins in the last bytes may go on, and what stands before a value may announce it.
    yield { from, to, until: to - again };
    from = to - 2 * again;
  }
}
