// Reads an agent's state off its screen while it changes, by the rules of its provider. Nothing happens while nothing
// changes, and a screen that never rests is looked at a few times a second.

import type { Authority } from "#domain/fleet/run-status.ts";
import type { ScreenRules, ScreenVerdict, ScreenView } from "#domain/provider/screen-rules.ts";
import { screenReader } from "#domain/provider/screen-verdict.ts";

/** What a reading says; see the event of a backend. */
export interface Said {
  readonly activity: "busy" | "idle" | "waiting" | "unknown";
  readonly authority: Authority;
  readonly detail: string;
  readonly rule: string;
  readonly evidence: string;
}

export interface Reading {
  /** Something was drawn. */
  changed(): void;
  /** What was said last; undefined while no rule has matched in this run. */
  readonly said: Said | undefined;
  stop(): void;
}

export interface ReadingTimes {
  /** A screen that rests for so long is drawn. */
  readonly calmMs: number;
  /** One that never rests is looked at as often; what is new there is looked at again after `calmMs`, before it counts. */
  readonly everyMs: number;
  /** So long no rule may match before that is said. */
  readonly lapseMs: number;
  /** A screen that changes and says the same says so again after this. */
  readonly confirmMs: number;
}

const TIMES: ReadingTimes = { calmMs: 100, everyMs: 400, lapseMs: 5000, confirmMs: 30_000 };
/** A look that took long is followed by a rest of so many times as long: a screen made to be slow to read costs little. */
const REST = 20;

export function openReading(
  rules: ScreenRules,
  view: () => ScreenView,
  say: (said: Said) => void,
  times: ReadingTimes = TIMES,
): Reading {
  const { calmMs, everyMs } = times;
  const read = screenReader(rules);
  const sayer = newSayer(say, times);
  let timer: NodeJS.Timeout | undefined;
  let [changedAt, dueAt, restUntil] = [0, 0, 0];
  let candidate: string | undefined;

  const wait = (): void => {
    timer = setTimeout(look, calmMs).unref();
  };
  const look = (): void => {
    timer = undefined;
    const now = performance.now();
    const isCalm = now - changedAt >= calmMs;
    if (now < restUntil || (!isCalm && now < dueAt)) return wait();
    const verdict = read(view());
    restUntil = performance.now() + (performance.now() - now) * REST;
    const key = verdict === undefined ? "" : keyOf(saidOf(verdict));
    const isSure = isCalm || key === candidate;
    if (isSure) sayer.settle(verdict);
    candidate = key;
    if (isCalm) return;
    dueAt = now + (isSure ? everyMs : calmMs);
    wait();
  };
  return {
    get said() {
      return sayer.said;
    },
    changed() {
      changedAt = performance.now();
      if (timer !== undefined) return;
      dueAt = changedAt + 2 * calmMs;
      wait();
    },
    stop() {
      clearTimeout(timer);
      sayer.stop();
    },
  };
}

interface Sayer {
  readonly said: Said | undefined;
  settle(verdict: ScreenVerdict | undefined): void;
  stop(): void;
}

/** Says what changed, the same again once in a while, and that nothing is known any more. */
function newSayer(say: (said: Said) => void, { lapseMs, confirmMs }: ReadingTimes): Sayer {
  let lapse: NodeJS.Timeout | undefined;
  let told: { readonly said: Said; readonly at: number } | undefined;
  const tell = (said: Said): void => {
    told = { said, at: performance.now() };
    say(said);
  };
  return {
    get said() {
      return told?.said;
    },
    settle(verdict) {
      if (verdict === undefined) {
        if (told === undefined || told.said.activity === "unknown") return; // what nobody ever read cannot be lost
        const { authority } = told.said;
        lapse ??= setTimeout(() => tell(lost(authority)), lapseMs).unref();
        return;
      }
      clearTimeout(lapse);
      lapse = undefined;
      const said = saidOf(verdict);
      const isNews = told === undefined || keyOf(told.said) !== keyOf(said);
      if (isNews || performance.now() - told!.at >= confirmMs) tell(said);
    },
    stop: () => clearTimeout(lapse),
  };
}

export function saidOf({ state, authority, why, rule, evidence }: ScreenVerdict): Said {
  return { activity: state, authority, detail: why, rule, evidence };
}

function lost(authority: Authority): Said {
  return { activity: "unknown", authority, detail: "no rule knows what is on its screen", rule: "", evidence: "" };
}

function keyOf({ activity, authority, detail, rule }: Said): string {
  return `${activity}\n${authority}\n${rule}\n${detail}`;
}
