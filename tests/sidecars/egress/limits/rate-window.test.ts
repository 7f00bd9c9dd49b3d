import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { openRateWindow } from "#sidecars/egress/limits/rate-window.ts";

const START = Date.UTC(2026, 0, 1, 12);

describe("the window of a minute", () => {
  test("forgets a request after its minute, and not before", () => {
    const window = openRateWindow();
    window.add(START + 900);
    expect(window.count(START + 60_899)).toBe(1);
    expect(window.count(START + 61_000)).toBe(0);
  });

  test("never lets more than the limit into any sixty seconds", () => {
    const waits = fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(waits, fc.integer({ min: 1, max: 6 }), (between, most) => {
        const window = openRateWindow();
        const let_: number[] = [];
        let now = START;
        for (const wait of between) {
          now += wait;
          if (window.count(now) >= most) continue;
          window.add(now);
          let_.push(now);
        }
        for (const at of let_)
          expect(let_.filter((one) => one > at - 60_000 && one <= at).length).toBeLessThanOrEqual(most);
      }),
    );
  });

  test("says how long to wait so that the next one goes, to the second", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        (between, most) => {
          const window = openRateWindow();
          let now = START;
          for (const wait of between) window.add((now += wait));
          if (window.count(now) < most) return;
          const seconds = window.wait(now, most);
          expect(seconds).toBeGreaterThanOrEqual(1);
          expect(window.count(now + seconds * 1000)).toBeLessThan(most);
        },
      ),
    );
  });

  test("goes on when the clock is set back", () => {
    const window = openRateWindow();
    window.add(START);
    expect(window.count(START - 3_600_000)).toBe(1);
    expect(window.count(START - 3_600_000 + 61_000)).toBe(0);
  });

  test("is empty after a long silence", () => {
    const window = openRateWindow();
    for (let at = 0; at < 100; at += 1) window.add(START + at * 500);
    expect(window.count(START + 100 * 86_400_000)).toBe(0);
  });
});
