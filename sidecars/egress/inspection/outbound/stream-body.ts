// A body that is too long or too slow to be held whole: it goes out as it comes, held back only as far as a value could
// reach, and ends with InspectionRefused when something is found that must not leave.

import { Readable } from "node:stream";

import type { SecretScanner } from "#domain/secrets/scanner.ts";

import { InspectionRefused } from "../inspection.ts";
import type { BodyReader } from "./body-reader.ts";
import { CannotDecode, type ContentDecoder, openDecoder } from "./content-coding.ts";
import type { DeepMatch, DeepOptions } from "./deep-scan.ts";
import { excerptOf } from "./excerpt.ts";
import { type Found, withDecodings } from "./finding.ts";
import { ScanWindow } from "./scan-window.ts";
import type { Settlement } from "./settle.ts";

export interface StreamedBody {
  readonly reader: BodyReader;
  /** What was read of it already. */
  readonly chunks: readonly Buffer[];
  readonly codings: readonly string[];
  readonly options: DeepOptions;
  readonly scanner: SecretScanner;
  readonly settlement: Settlement;
}

/** Nothing came for so long: all that is held goes. */
const QUIET_MS = 250;

export function streamBody(body: StreamedBody): Readable {
  let wanted: (() => void) | undefined;
  const wake = (): void => wanted?.();
  const out = new Readable({
    highWaterMark: 64 * 1024,
    read: wake,
    destroy(error, done) {
      done(error);
      wake();
    },
  });
  const push = async (bytes: Buffer): Promise<void> => {
    if (bytes.length === 0 || out.destroyed || out.push(bytes)) return;
    await new Promise<void>((resolve) => (wanted = resolve));
  };
  const flow = body.codings.length === 0 ? new PlainFlow(body, push) : new CodedFlow(body, push);
  pump(body, flow, out)
    .catch((error: Error) => void out.destroy(error))
    .finally(() => flow.close());
  return out;
}

interface Flow {
  take(chunk: Buffer): Promise<void>;
  /** Nothing more is there now; `quiet` when that has been so for a while. */
  pause(quiet: boolean): Promise<void>;
  end(): Promise<void>;
  readonly holdsBack: boolean;
  close(): void;
}

async function pump({ reader, chunks }: StreamedBody, flow: Flow, out: Readable): Promise<void> {
  for (const chunk of chunks) await flow.take(chunk);
  while (!out.destroyed) {
    const chunk = reader.read();
    if (chunk !== null) {
      await flow.take(chunk);
      continue;
    }
    if (reader.ended) {
      await flow.end();
      out.push(null);
      return;
    }
    await new Promise((resolve) => setImmediate(resolve)); // what is on its way comes first
    if (await reader.wait(0)) continue;
    await flow.pause(false);
    if (!(await reader.wait(flow.holdsBack ? QUIET_MS : Infinity))) await flow.pause(true);
  }
}

/** Looks at a window, and has decided what was found. */
class Judge {
  readonly #body: StreamedBody;
  readonly #fixed: string | undefined;

  /** `fixed` says why nothing can be replaced in it. */
  constructor(body: StreamedBody, fixed?: string) {
    this.#body = body;
    this.#fixed = fixed;
  }

  /** Up to where it may go; throws InspectionRefused. */
  async look(window: ScanWindow, how: "all" | "flow" | "pause"): Promise<number> {
    const { settlement } = this.#body;
    const { matches, unscanned, bytes } = window.scan();
    if (unscanned !== undefined) throw new InspectionRefused(settlement.refuseUnscanned("body", unscanned));
    if (matches.length === 0) return window.limit(how, undefined);
    // One that reaches the end may go on in what comes.
    const isUnfinished = ({ end }: DeepMatch): boolean => how !== "all" && end === bytes.length && !window.isFull;
    const found = matches
      .filter((match) => !isUnfinished(match))
      .map((match) => this.#found(match, window, matches, bytes));
    const settled = await settlement.settle(found);
    if (!settled.ok) throw new InspectionRefused(settled.refusal);
    for (const { match } of settled.replace) window.star(match);
    return window.limit(how, matches.find(isUnfinished));
  }

  #found(match: DeepMatch, window: ScanWindow, all: readonly DeepMatch[], bytes: Buffer): Found {
    const fixed =
      this.#fixed ?? fixedBecause(match) ?? (window.isPartlyGone(match) ? "a part of it has left" : undefined);
    return {
      rule: match.rule,
      severity: match.severity,
      match,
      part: "body",
      where: withDecodings("body", match.decodings),
      excerpt: excerptOf(bytes, match, all),
      fixed,
    };
  }
}

/** Undefined for what can be replaced where it stands. */
export function fixedBecause({ decodings }: DeepMatch): string | undefined {
  return decodings.includes("compressed") ? "it is within something compressed" : undefined;
}

/** Bytes that go out as they are. A body that is a compressed file is looked into as well, as far as it can be. */
class PlainFlow implements Flow {
  readonly #window: ScanWindow;
  readonly #judge: Judge;
  readonly #push: (bytes: Buffer) => Promise<void>;
  #inner: InnerLook | undefined;

  constructor(body: StreamedBody, push: (bytes: Buffer) => Promise<void>) {
    this.#window = new ScanWindow(body.scanner, body.options);
    this.#judge = new Judge(body);
    this.#push = push;
    const coding = compressedFile(Buffer.concat(body.chunks.slice(0, 4)));
    if (coding !== undefined) this.#inner = new InnerLook(body, coding);
  }

  get holdsBack(): boolean {
    return this.#window.released < this.#window.end;
  }

  async take(chunk: Buffer): Promise<void> {
    if (this.#inner !== undefined && !(await this.#inner.take(chunk))) this.#inner = undefined;
    for (let at = 0; at < chunk.length;) {
      at += this.#window.add(chunk, at);
      if (this.#window.isFull) await this.#look("flow");
    }
  }

  async pause(quiet: boolean): Promise<void> {
    if (quiet || this.#window.hasNews) await this.#look(quiet ? "all" : "pause");
  }

  async end(): Promise<void> {
    await this.#inner?.end();
    await this.#look("all");
  }

  close(): void {
    this.#inner?.close();
  }

  async #look(how: "all" | "flow" | "pause"): Promise<void> {
    const limit = await this.#judge.look(this.#window, how);
    await this.#push(this.#window.release(limit));
    this.#window.slide();
  }
}

/** Bytes with a Content-Encoding: what they decode to is looked at, and they go when all that came of them may. */
class CodedFlow implements Flow {
  readonly #window: ScanWindow;
  readonly #judge: Judge;
  readonly #push: (bytes: Buffer) => Promise<void>;
  readonly #decoder: ContentDecoder;
  readonly #settlement: Settlement;
  /** With the end of what it decoded to. */
  #held: { readonly chunk: Buffer; readonly end: number }[] = [];

  constructor(body: StreamedBody, push: (bytes: Buffer) => Promise<void>) {
    this.#window = new ScanWindow(body.scanner, body.options);
    this.#judge = new Judge(body, "it is in a compressed body that is too long to be held");
    this.#push = push;
    this.#decoder = openDecoder(body.codings);
    this.#settlement = body.settlement;
  }

  get holdsBack(): boolean {
    return this.#held.length > 0;
  }

  async take(chunk: Buffer): Promise<void> {
    await this.#decoding(() => this.#decoder.feed(chunk, (decoded) => this.#add(decoded)));
    this.#held.push({ chunk, end: this.#window.end });
    await this.#letGo();
  }

  async pause(quiet: boolean): Promise<void> {
    if (!quiet && !this.#window.hasNews) return;
    await this.#look(quiet ? "all" : "pause");
    await this.#letGo();
  }

  async end(): Promise<void> {
    await this.#decoding(() => this.#decoder.end((decoded) => this.#add(decoded)));
    await this.#look("all");
    await this.#letGo();
  }

  close(): void {
    this.#decoder.close();
  }

  async #decoding(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof CannotDecode)) throw error;
      throw new InspectionRefused(this.#settlement.refuseUnscanned("body", error.message));
    }
  }

  async #add(decoded: Buffer): Promise<void> {
    for (let at = 0; at < decoded.length;) {
      at += this.#window.add(decoded, at);
      if (this.#window.isFull) await this.#look("flow");
    }
  }

  async #look(how: "all" | "flow" | "pause"): Promise<void> {
    this.#window.release(await this.#judge.look(this.#window, how));
    this.#window.slide();
  }

  async #letGo(): Promise<void> {
    const { released } = this.#window;
    for (let [first] = this.#held; first !== undefined && first.end <= released; [first] = this.#held) {
      this.#held.shift();
      await this.#push(first.chunk);
    }
  }
}

/** What is in a compressed file: findings count, and where it cannot be read it is bytes like any others. */
class InnerLook {
  readonly #window: ScanWindow;
  readonly #judge: Judge;
  readonly #decoder: ContentDecoder;

  constructor(body: StreamedBody, coding: string) {
    this.#window = new ScanWindow(body.scanner, {});
    this.#judge = new Judge(body, "it is within something compressed");
    this.#decoder = openDecoder([coding]);
  }

  /** False when it cannot be read further. */
  async take(chunk: Buffer): Promise<boolean> {
    return await this.#reading(() => this.#decoder.feed(chunk, (decoded) => this.#add(decoded)));
  }

  async end(): Promise<void> {
    await this.#reading(() => this.#decoder.end((decoded) => this.#add(decoded)));
    await this.#judge.look(this.#window, "all");
  }

  close(): void {
    this.#decoder.close();
  }

  async #reading(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof CannotDecode)) throw error;
      await this.#judge.look(this.#window, "all");
      return false;
    }
  }

  async #add(decoded: Buffer): Promise<void> {
    for (let at = 0; at < decoded.length;) {
      at += this.#window.add(decoded, at);
      if (!this.#window.isFull) continue;
      this.#window.release(await this.#judge.look(this.#window, "flow"));
      this.#window.slide();
    }
  }
}

function compressedFile(start: Buffer): string | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return "gzip";
  return start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd ? "zstd" : undefined;
}
