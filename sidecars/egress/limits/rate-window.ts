// How many requests there were in the last minute: a sliding window counted in seconds, so that no sixty seconds, wherever
// they begin, ever hold more than the limit (a bucket that fills up again would let twice as many through at its edge).

export interface RateWindow {
  /** Requests of the last minute; `now` in milliseconds. */
  count(now: number): number;
  add(now: number): void;
  /** Seconds until the count is below `most` if nothing is added; at least 1. */
  wait(now: number, most: number): number;
}

/** Sixty whole seconds and the one that has begun. */
const SLOTS = 61;

export function openRateWindow(): RateWindow {
  const slots = new Uint32Array(SLOTS);
  let newest = 0;
  let total = 0;

  const advance = (now: number): void => {
    const second = Math.floor(now / 1000);
    // A clock that was set back makes what is there younger than it is; it does not stop the window.
    if (second < newest) realign(slots, newest, second);
    if (second < newest) newest = second;
    for (let passed = Math.min(second - newest, SLOTS); passed > 0; passed -= 1) {
      const oldest = (second - passed + 1) % SLOTS;
      total -= slots[oldest] ?? 0;
      slots[oldest] = 0;
    }
    newest = second;
  };
  return {
    count(now) {
      advance(now);
      return total;
    },
    add(now) {
      advance(now);
      const slot = newest % SLOTS;
      slots[slot] = (slots[slot] ?? 0) + 1;
      total += 1;
    },
    wait(now, most) {
      advance(now);
      let left = total;
      for (let age = SLOTS - 1; age >= 0; age -= 1) {
        left -= slots[(newest - age + SLOTS * 2) % SLOTS] ?? 0;
        if (left < most) return Math.max(1, Math.ceil(newest - age + SLOTS - now / 1000));
      }
      return SLOTS;
    },
  };
}

/** Moves each count to where its age puts it under the new time. */
function realign(slots: Uint32Array, from: number, to: number): void {
  const before = slots.slice();
  for (let age = 0; age < SLOTS; age += 1) {
    slots[(((to - age) % SLOTS) + SLOTS) % SLOTS] = before[(((from - age) % SLOTS) + SLOTS) % SLOTS] ?? 0;
  }
}
