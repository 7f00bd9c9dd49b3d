// The table of docs/decisions/0009-agent-state.md.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  agentState,
  bestWord,
  BUSY_HOLDS_MS,
  confirmedAt,
  CONTRADICTED_AFTER_MS,
  STARTING_FOR_MS,
  withWord,
} from "#domain/fleet/agent-state.ts";
import {
  ACTIVITIES,
  AUTHORITIES,
  type Activity,
  type Authority,
  type Word,
  type Words,
} from "#domain/fleet/run-status.ts";

const BEGUN = "2026-11-20T12:00:00.000Z";
const at = (ms: number): Date => new Date(Date.parse(BEGUN) + ms);
const S = 1000;

const word = (authority: Authority, activity: Activity, seconds: number, over: Partial<Word> = {}): Word => ({
  activity,
  at: at(seconds * S).toISOString(),
  confirmed: at(seconds * S).toISOString(),
  authority,
  detail: "",
  rule: "",
  evidence: "",
  ...over,
});
const told = (...all: Word[]): Words => all.reduce<Words>((words, one) => withWord(words, one), {});
const stateAt = (ms: number, ...all: Word[]) => agentState(told(...all), BEGUN, at(ms));

describe("an agent of which nothing was heard", () => {
  test("starts, and is unknown after a minute", () => {
    expect(stateAt(STARTING_FOR_MS - 1)).toEqual({
      state: "starting",
      since: BEGUN,
      why: "",
      doubtfulAt: at(STARTING_FOR_MS).toISOString(),
    });
    expect(stateAt(STARTING_FOR_MS)).toMatchObject({
      state: "unknown",
      since: at(STARTING_FOR_MS).toISOString(),
      doubtfulAt: undefined,
    });
  });

  test("is unknown when nobody can say when it began", () => {
    expect(agentState({}, "garbage", at(0))).toMatchObject({ state: "unknown", doubtfulAt: undefined });
  });
});

describe("the best authority that has spoken", () => {
  test("decides, in the order of the authorities, whatever the others say and whenever", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...AUTHORITIES), { minLength: 1 }),
        fc.infiniteStream(fc.nat(100)),
        (some, times) => {
          const words = told(...some.map((authority) => word(authority, "idle", times.next().value ?? 0)));
          const best = AUTHORITIES.find((authority) => words[authority] !== undefined);
          expect(bestWord(words)?.authority).toBe(best);
        },
      ),
    );
  });

  test("is the later one of title and screen, which one reader tells", () => {
    expect(bestWord(told(word("title", "busy", 1), word("screen", "waiting", 2)))).toMatchObject({
      authority: "screen",
    });
    expect(bestWord(told(word("screen", "waiting", 1), word("title", "busy", 2)))).toMatchObject({
      authority: "title",
    });
  });

  test("says since when it says so, and when it said so last", () => {
    const words = told(word("agent", "busy", 1), word("agent", "busy", 30));
    expect(words.agent).toMatchObject({ at: at(1 * S).toISOString(), confirmed: at(30 * S).toISOString() });
    expect(told(word("agent", "busy", 1), word("agent", "idle", 30)).agent?.at).toBe(at(30 * S).toISOString());
    expect(told(word("title", "busy", 1), word("screen", "busy", 9)).screen?.at).toBe(at(1 * S).toISOString());
  });
});

describe("busy", () => {
  const said = word("agent", "busy", 10);

  test("holds for five minutes after it was said", () => {
    expect(stateAt(10 * S + BUSY_HOLDS_MS - 1, said)).toMatchObject({
      state: "busy",
      since: said.at,
      doubtfulAt: at(10 * S + BUSY_HOLDS_MS).toISOString(),
    });
    expect(stateAt(10 * S + BUSY_HOLDS_MS, said)).toMatchObject({
      state: "unknown",
      since: at(10 * S + BUSY_HOLDS_MS).toISOString(),
      why: expect.stringContaining("was busy"),
      doubtfulAt: undefined,
    });
  });

  test("is confirmed by each time it is said again", () => {
    const again = { ...said, confirmed: at(200 * S).toISOString() };
    expect(stateAt(10 * S + BUSY_HOLDS_MS, again).state).toBe("busy");
    expect(stateAt(200 * S + BUSY_HOLDS_MS, again).state).toBe("unknown");
  });

  test("holds for as long as the terminal moves, and five minutes more", () => {
    const moves = word("terminal", "busy", 20);
    expect(stateAt(3_600 * S, said, moves)).toMatchObject({ state: "busy", doubtfulAt: undefined });
    expect(confirmedAt(told(said, moves), at(3_600 * S))).toBe(at(3_600 * S).toISOString());
    const rested = word("terminal", "idle", 3_600);
    expect(stateAt(3_600 * S + BUSY_HOLDS_MS - 1, said, rested).state).toBe("busy");
    expect(stateAt(3_600 * S + BUSY_HOLDS_MS, said, rested).state).toBe("unknown");
    expect(confirmedAt(told(said, rested), at(4_000 * S))).toBe(rested.at);
  });

  test("of a title or a screen is as good, and ends with the connection to its terminal", () => {
    for (const authority of ["title", "screen"] as const) {
      const read = word(authority, "busy", 10);
      expect(stateAt(10 * S + BUSY_HOLDS_MS - 1, read).state).toBe("busy");
      expect(stateAt(10 * S + BUSY_HOLDS_MS, read).state).toBe("unknown");
      expect(stateAt(20 * S, read, word("terminal", "unknown", 15)).state).toBe("unknown");
    }
    expect(stateAt(20 * S, said, word("terminal", "unknown", 15)).state).toBe("busy");
  });

  test("of a terminal that moves is what is seen now", () => {
    expect(stateAt(3_600 * S, word("terminal", "busy", 1))).toMatchObject({ state: "busy", doubtfulAt: undefined });
  });
});

describe.each(["idle", "waiting"] as const)("%s", (state) => {
  test("holds while nothing contradicts, however long", () => {
    for (const authority of AUTHORITIES) {
      const said = word(authority, state, 10, { detail: "approve npm install?" });
      expect(stateAt(86_400 * S, said)).toEqual({
        state,
        since: said.at,
        why: state === "waiting" ? "approve npm install?" : "",
        doubtfulAt: undefined,
      });
      expect(confirmedAt(told(said), at(86_400 * S))).toBe(said.confirmed);
    }
  });

  test("is unknown once a worse authority has contradicted for a minute, and known again when it stops", () => {
    const said = word("agent", state, 10);
    for (const against of ["title", "screen", "terminal"] as const) {
      const busy = word(against, "busy", 100);
      const end = 100 * S + CONTRADICTED_AFTER_MS;
      expect(stateAt(end - 1, said, busy)).toMatchObject({ state, doubtfulAt: at(end).toISOString() });
      expect(stateAt(end, said, busy)).toMatchObject({ state: "unknown", since: at(end).toISOString() });
      expect(stateAt(end, said, busy, word(against, "idle", 150)).state).toBe(state);
    }
  });

  test("is not contradicted by what went on before it was said", () => {
    const said = word("agent", state, 100);
    const moves = word("terminal", "busy", 1);
    expect(stateAt(100 * S + CONTRADICTED_AFTER_MS - 1, said, moves).state).toBe(state);
    expect(stateAt(100 * S + CONTRADICTED_AFTER_MS, said, moves).state).toBe("unknown");
  });

  test("is not contradicted by a better authority's silence, nor by a worse one that rests", () => {
    const others = AUTHORITIES.map((authority) => word(authority, "idle", 500));
    const best = word("conversation", state, 1);
    expect(stateAt(86_400 * S, ...others.slice(1), best).state).toBe(state);
  });

  test("ends with the connection to the terminal: nobody would see a contradiction", () => {
    for (const authority of AUTHORITIES.filter((one) => one !== "terminal")) {
      const lost = word("terminal", "unknown", 50);
      expect(stateAt(51 * S, word(authority, state, 10), lost)).toMatchObject({
        state: "unknown",
        since: lost.at,
        why: expect.stringContaining("cannot be followed"),
      });
      expect(stateAt(61 * S, word(authority, state, 10), lost, word("terminal", "idle", 60)).state).toBe(state);
    }
  });
});

test("an authority that cannot tell any more says so, and no worse one is asked", () => {
  const lost = word("screen", "unknown", 20, { detail: "no rule knows what is on its screen" });
  expect(stateAt(30 * S, word("terminal", "busy", 1), lost)).toEqual({
    state: "unknown",
    since: lost.at,
    why: lost.detail,
    doubtfulAt: undefined,
  });
});

test("nothing changes before the time that is said, and something does then", () => {
  const words = fc.array(
    fc.record({
      authority: fc.constantFrom(...AUTHORITIES),
      activity: fc.constantFrom(...ACTIVITIES),
      seconds: fc.nat(1000),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(words, fc.nat(2_000_000), (all, ms) => {
      const told_ = told(...all.map(({ authority, activity, seconds }) => word(authority, activity, seconds)));
      const now = agentState(told_, BEGUN, at(ms));
      if (now.doubtfulAt === undefined) {
        expect(agentState(told_, BEGUN, at(ms + 86_400_000))).toEqual(now);
        return;
      }
      const end = Date.parse(now.doubtfulAt);
      expect(end).toBeGreaterThan(at(ms).getTime());
      expect(agentState(told_, BEGUN, new Date(end - 1))).toEqual(now);
      expect(agentState(told_, BEGUN, new Date(end)).state).toBe("unknown");
    }),
  );
});
