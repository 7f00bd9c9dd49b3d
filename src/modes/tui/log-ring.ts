// The last log lines of a bottle, bounded by lines and by bytes, outside React: taking a line in costs next to nothing.

import type { LogRow } from "#components/tabs/log-rows.ts";
import type { LogLine } from "#contracts/console.ts";

export interface RingLimits {
  readonly lines: number;
  /** Of text, counted in UTF-16 units. */
  readonly size: number;
  /** Longer lines are cut, and say so. */
  readonly line: number;
}

export const LOG_LIMITS: RingLimits = { lines: 20_000, size: 8_388_608, line: 8192 };

export interface LogRing {
  push(line: LogLine): void;
  /** Numbers of the lines that are kept; `last` is `first - 1` when there is none. */
  readonly first: number;
  readonly last: number;
  /** Lines that were pushed out. */
  readonly dropped: number;
  at(seq: number): LogRow | undefined;
  /** The nearest line with `text` in it, any case, from `from` in the direction; wraps round once. */
  find(text: string, from: number, direction: "older" | "newer"): number | null;
  clear(): void;
}

export function createLogRing(limits: RingLimits = LOG_LIMITS): LogRing {
  // A circle of slots: the line with number n stands in slot n % limits.lines.
  const slots: (LogRow | undefined)[] = new Array<LogRow | undefined>(limits.lines);
  let first = 0;
  let next = 0;
  let size = 0;

  const dropFirst = (): void => {
    const slot = first % limits.lines;
    size -= slots[slot]?.text.length ?? 0;
    slots[slot] = undefined;
    first += 1;
  };
  const at = (seq: number): LogRow | undefined => (seq < first || seq >= next ? undefined : slots[seq % limits.lines]);

  return {
    push({ at: time, source, text }) {
      const cut = Math.max(0, text.length - limits.line);
      // A slice of a huge string would keep the whole of it in memory.
      const kept = cut > 0 ? Buffer.from(text.slice(0, limits.line)).toString() : text;
      if (next - first === limits.lines) dropFirst();
      slots[next % limits.lines] = { seq: next, at: time, source, text: kept, cut };
      next += 1;
      size += kept.length;
      while (size > limits.size && next - first > 1) dropFirst();
    },
    get first() {
      return first;
    },
    get last() {
      return next - 1;
    },
    get dropped() {
      return first;
    },
    at,
    find(text, from, direction) {
      const count = next - first;
      if (count === 0 || text === "") return null;
      const wanted = text.toLowerCase();
      const by = direction === "older" ? -1 : 1;
      const start = Math.max(first, Math.min(next - 1, from));
      for (let index = 0; index < count; index += 1) {
        const seq = first + ((((start - first + by * index) % count) + count) % count);
        if (at(seq)?.text.toLowerCase().includes(wanted)) return seq;
      }
      return null;
    },
    clear() {
      slots.fill(undefined);
      first = 0;
      next = 0;
      size = 0;
    },
  };
}
