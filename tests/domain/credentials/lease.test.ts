import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type Claimant, hasExpired, type Lease, mayRelease, renew, take } from "#domain/credentials/lease.ts";

const T0 = Date.parse("2030-01-01T12:00:00.000Z");
const at = (ms: number): Date => new Date(T0 + ms);
const claimant = (index: number): Claimant => ({
  token: String(index).padStart(32, "0"),
  holder: `bottle-${index}`,
  pid: 1000 + index,
  host: "here",
});
const taken = (index: number, ms: number): Lease => {
  const result = take(undefined, claimant(index), at(ms));
  if (result.kind !== "taken") throw new Error("not taken");
  return result.lease;
};

describe("a lease", () => {
  test("that nobody has is taken, for a minute", () => {
    expect(take(undefined, claimant(1), at(0))).toEqual({
      kind: "taken",
      from: undefined,
      lease: {
        version: 1,
        ...claimant(1),
        renewed_at: "2030-01-01T12:00:00.000Z",
        expires_at: "2030-01-01T12:01:00.000Z",
      },
    });
  });

  test("that another has is refused by name until it expires, and then taken over", () => {
    const lease = taken(1, 0);
    expect(take(lease, claimant(2), at(59_999))).toEqual({ kind: "refused", by: lease });
    expect(take(lease, claimant(2), at(60_000))).toMatchObject({ kind: "taken", from: lease });
    expect(take(lease, claimant(1), at(1))).toMatchObject({ kind: "taken" }); // its own
  });

  test("is renewed by its holder alone, however late, and is lost for good once another took it or it is gone", () => {
    const lease = taken(1, 0);
    expect(renew(lease, claimant(1), at(999_999))).toMatchObject({
      kind: "kept",
      lease: { renewed_at: at(999_999).toISOString() },
    });
    expect(renew(lease, claimant(2), at(1))).toEqual({ kind: "lost", by: lease });
    expect(renew(undefined, claimant(1), at(1))).toEqual({ kind: "lost", by: undefined });
  });

  test("from the future is none: the clock was set back", () => {
    const lease = taken(1, 3_600_000);
    expect(hasExpired(lease, at(0))).toBe(true);
    expect(hasExpired(lease, at(3_600_000 - 60_000))).toBe(false); // clocks differ a little
    expect(renew(lease, claimant(1), at(0)).kind).toBe("kept"); // its holder goes on
  });

  test("is released by its holder alone", () => {
    expect(mayRelease(taken(1, 0), claimant(1).token)).toBe(true);
    expect(mayRelease(taken(1, 0), claimant(2).token)).toBe(false);
    expect(mayRelease(undefined, claimant(1).token)).toBe(false);
  });

  test("with a time that is none counts as expired", () => {
    expect(hasExpired({ ...taken(1, 0), expires_at: "soon" }, at(0))).toBe(true);
  });
});

/** What happens, in any order, with clocks that jump; each step is one turn under the lock. */
const step = fc.oneof(
  fc.record({ do: fc.constantFrom("take", "renew", "save", "release", "crash"), who: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ do: fc.constant("clock"), by: fc.integer({ min: -7_200_000, max: 7_200_000 }) }),
  fc.record({ do: fc.constant("delete") }),
);

describe("of any number of holders with any clocks", () => {
  test("one alone may save at a time, and who lost it never may again", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        let disk: Lease | undefined;
        let clock = 0;
        let made = 0;
        /** Sessions: the claimant of each, while it believes in its lease. */
        const sessions = new Map<number, Claimant>();
        const lost = new Set<string>();
        for (const one of steps) {
          if ("by" in one) clock += one.by;
          else if (!("who" in one)) disk = undefined;
          else if (one.do === "take") {
            // Each launch has a token of its own.
            const me = claimant(++made);
            const result = take(disk, me, at(clock));
            if (result.kind === "refused") continue;
            disk = result.lease;
            sessions.set(one.who, me);
          } else {
            const me = sessions.get(one.who);
            if (me === undefined) continue;
            if (one.do === "crash") sessions.delete(one.who);
            else if (one.do === "release") {
              if (mayRelease(disk, me.token)) disk = undefined;
              sessions.delete(one.who);
            } else {
              const result = renew(disk, me, at(clock));
              if (result.kind === "lost") lost.add(me.token);
              else {
                expect(lost.has(me.token)).toBe(false);
                disk = result.lease;
              }
            }
          }
          const mayAll = [...sessions.values()].filter((me) => renew(disk, me, at(clock)).kind === "kept");
          expect(mayAll.length).toBeLessThanOrEqual(1);
          expect(mayAll.every(({ token }) => !lost.has(token))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
