// How much one scan may cost: steps are counted, not time, so that the same bytes always end the same way.

/** A step is about one byte looked at, a nanosecond or two. */
export interface Work {
  left: number;
}

const STEPS_A_BYTE = 16;
/** So that a short text of nothing but secrets is scanned to its end. */
const STEPS_AT_LEAST = 2_000_000;

export function workFor(bytes: number): Work {
  return { left: STEPS_AT_LEAST + STEPS_A_BYTE * bytes };
}
