// The traffic of one bottle, as its proxy tells it: requests into a bounded ring, counters at most once a second.

import type { Console } from "#contracts/console.ts";
import type { EgressRequest, EgressStatus } from "#domain/egress/control.ts";

import { messageOf } from "./message-of.ts";
import { RequestRing } from "./request-ring.ts";
import type { Traffic } from "./traffic.ts";

/** The proxy is asked no more often than this, however fast requests come and the fleet changes. */
const LOOK_EVERY_MS = 1000;

export class EgressFollower implements Traffic {
  readonly requests = new RequestRing();
  status: EgressStatus | null = null;
  /** Why there is nothing newer; empty while the proxy answers. */
  problem = "";
  readonly #console: Console["egress"];
  readonly #slug: string;
  readonly #signal: AbortSignal;
  readonly #changed: () => void;
  #opened = false;
  #following = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(console: Console["egress"], slug: string, signal: AbortSignal, changed: () => void) {
    this.#console = console;
    this.#slug = slug;
    this.#signal = signal;
    this.#changed = changed;
    signal.addEventListener("abort", () => clearTimeout(this.#looking), { once: true });
  }

  /** Opens the stream, also again after it ended; asks for the counters in any case, at once or before long. */
  refresh(when: "now" | "soon" = "soon"): void {
    if (when === "soon" && this.#opened) return this.#lookSoon();
    this.#look();
  }

  #look(): void {
    if (this.#following) return this.#attempt(this.#readStatus());
    this.#opened = true;
    this.#following = true;
    this.#attempt(this.#follow().finally(() => (this.#following = false)));
  }

  #lookSoon(): void {
    if (this.#signal.aborted) return;
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined;
      this.#look();
    }, LOOK_EVERY_MS);
  }

  async #follow(): Promise<void> {
    const stop = new AbortController();
    try {
      await this.#read(AbortSignal.any([this.#signal, stop.signal]));
    } finally {
      stop.abort();
    }
  }

  /** The stream is opened before the recent requests are asked for, so that none is missed between them. */
  async #read(signal: AbortSignal): Promise<void> {
    const early: EgressRequest[] = [];
    let take = (request: EgressRequest): void => void early.push(request);
    const stream = this.#console.requests(this.#slug, (request) => take(request), signal);
    stream.catch(() => {}); // awaited below, after the status, which may fail first
    const status = await this.#readStatus();
    for (const request of [...status.recent, ...early]) this.requests.push(request);
    take = (request) => this.#take(request);
    this.#changed();
    await stream;
    if (!this.#signal.aborted) await this.#readStatus();
  }

  #take(request: EgressRequest): void {
    if (this.#signal.aborted) return;
    this.requests.push(request);
    this.#lookSoon();
    this.#changed();
  }

  async #readStatus(): Promise<EgressStatus> {
    const status = await this.#console.status(this.#slug);
    this.status = status;
    this.problem = "";
    this.#changed();
    return status;
  }

  #attempt(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (this.#signal.aborted) return;
      this.problem = messageOf(error);
      this.#changed();
    });
  }
}
