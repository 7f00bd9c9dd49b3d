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

export class LogRing {
  /** A circle: the line with number n stands in slot n % limits.lines. */
  readonly #slots: (LogRow | undefined)[] = [];
  readonly #limits: RingLimits;
  #first = 0;
  #next = 0;
  #size = 0;

  constructor(limits: RingLimits = LOG_LIMITS) {
    this.#limits = limits;
  }

  /** The number of the oldest line that is kept. */
  get first(): number {
    return this.#first;
  }

  /** The number of the newest line; `first - 1` when there is none. */
  get last(): number {
    return this.#next - 1;
  }

  /** Lines that were pushed out. */
  get dropped(): number {
    return this.#first;
  }

  push({ at, source, text }: LogLine): void {
    const { lines, size, line } = this.#limits;
    const cut = Math.max(0, text.length - line);
    // A slice of a huge string would keep the whole of it in memory.
    const kept = cut > 0 ? Buffer.from(text.slice(0, line)).toString() : text;
    if (this.#next - this.#first === lines) this.#dropFirst();
    this.#slots[this.#next % lines] = { seq: this.#next, at, source, text: kept, cut };
    this.#next += 1;
    this.#size += kept.length;
    while (this.#size > size && this.#next - this.#first > 1) this.#dropFirst();
  }

  at(seq: number): LogRow | undefined {
    return seq < this.#first || seq >= this.#next ? undefined : this.#slots[seq % this.#limits.lines];
  }

  /** The nearest line with `text` in it, any case, from `from` in the direction; wraps round once. */
  find(text: string, from: number, direction: "older" | "newer"): number | null {
    const count = this.#next - this.#first;
    if (count === 0 || text === "") return null;
    const wanted = text.toLowerCase();
    const by = direction === "older" ? -1 : 1;
    const start = Math.max(0, Math.min(count - 1, from - this.#first));
    for (let index = 0; index < count; index += 1) {
      const seq = this.#first + ((((start + by * index) % count) + count) % count);
      if (this.at(seq)?.text.toLowerCase().includes(wanted)) return seq;
    }
    return null;
  }

  #dropFirst(): void {
    const slot = this.#first % this.#limits.lines;
    this.#size -= this.#slots[slot]?.text.length ?? 0;
    this.#slots[slot] = undefined;
    this.#first += 1;
  }
}
