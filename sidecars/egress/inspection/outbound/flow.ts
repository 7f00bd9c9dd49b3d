// How a long body is taken and let go, and who decides about what is found in it.

import type { SecretScanner } from "#domain/secrets/scanner.ts";

import { InspectionRefused } from "../inspection.ts";
import type { BodyReader } from "./body-reader.ts";
import type { DeepMatch, DeepOptions, OpenPiece } from "./deep-scan.ts";
import { excerptOf } from "./excerpt.ts";
import { type Found, withDecodings } from "./finding.ts";
import { Followers, type Inner } from "./follow.ts";
import type { Decoding, Span } from "./layer.ts";
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

export interface Flow {
  take(chunk: Buffer): Promise<void>;
  /** Nothing more is there now; `quiet` when that has been so for a while. */
  pause(quiet: boolean): Promise<void>;
  end(): Promise<void>;
  readonly holdsBack: boolean;
  close(): void;
}

export type Judged = Pick<StreamedBody, "scanner" | "settlement">;

/** Decodings within one another that are followed; each is looked into as well. */
const MOST_FOLLOWED_DEEP = 4;

/** Looks at a window and at what goes on behind it, and has decided what was found. */
export class Judge {
  readonly #body: Judged;
  readonly #fixed: string | undefined;
  readonly #decodings: readonly Decoding[];
  #followers: Followers | undefined;

  /** `fixed` says why nothing can be replaced in it; `decodings` how it came about. */
  constructor(body: Judged, fixed?: string, decodings: readonly Decoding[] = []) {
    this.#body = body;
    this.#fixed = fixed;
    this.#decodings = decodings;
  }

  /** Up to where it may go; throws InspectionRefused. */
  async look(window: ScanWindow, how: "all" | "flow" | "pause"): Promise<number> {
    const { matches, spans, open, unscanned, bytes } = await window.scan();
    if (unscanned !== undefined) throw this.#refused(unscanned);
    if (open.length > 0 || this.#followers !== undefined) {
      await this.follow(open, bytes, window.base);
      if (how !== "flow") await this.#followers?.look();
    }
    if (matches.length === 0) return window.limit(how, undefined);
    // One that reaches the end may go on in what comes.
    const isUnfinished = ({ end }: DeepMatch): boolean => how !== "all" && end === bytes.length && !window.isFull;
    const found = matches
      .filter((match) => !isUnfinished(match))
      .map((match) => this.#found(match, window, spans, bytes));
    const settled = await this.#body.settlement.settle(found);
    if (!settled.ok) throw new InspectionRefused(settled.refusal);
    for (const { match } of settled.replace) window.star(match);
    return window.limit(how, matches.find(isUnfinished));
  }

  /** Reads on in these pieces of `bytes`, which begin at `base`, and in those before. */
  async follow(open: readonly OpenPiece[], bytes: Buffer, base: number): Promise<void> {
    if (open.length > 0 && this.#decodings.length >= MOST_FOLLOWED_DEEP)
      throw this.#refused("it is compressed too many times over to be looked at");
    this.#followers ??= new Followers({
      openInner: (decoding) => openInner(this.#body, [...this.#decodings, decoding]),
      refuse: (why) => this.#refused(why),
    });
    await this.#followers.feed(open, bytes, base);
  }

  /** Nothing more comes of what is followed. */
  async end(): Promise<void> {
    await this.#followers?.look();
  }

  close(): void {
    this.#followers?.close();
  }

  #refused(why: string): InspectionRefused {
    return new InspectionRefused(this.#body.settlement.refuseUnscanned("body", why));
  }

  #found(match: DeepMatch, window: ScanWindow, all: readonly Span[], bytes: Buffer): Found {
    const fixed =
      this.#fixed ?? fixedBecause(match) ?? (window.isPartlyGone(match) ? "a part of it has left" : undefined);
    return {
      rule: match.rule,
      severity: match.severity,
      match,
      part: "body",
      where: withDecodings("body", [...this.#decodings, ...match.decodings]),
      excerpt: excerptOf(bytes, match, all),
      fixed,
    };
  }
}

function openInner(body: Judged, decodings: readonly Decoding[]): Inner {
  const window = new ScanWindow(body.scanner, {});
  const judge = new Judge(
    body,
    `it is within something ${decodings.includes("compressed") ? "compressed" : "encoded"}`,
    decodings,
  );
  return {
    async add(decoded) {
      for (let at = 0; at < decoded.length;) {
        at += window.add(decoded, at);
        if (!window.isFull) continue;
        window.release(await judge.look(window, "flow"));
        window.slide();
      }
    },
    async look() {
      if (window.hasNews) await judge.look(window, "all");
      await judge.end();
    },
    close: () => judge.close(),
  };
}

/** Undefined for what can be replaced where it stands. */
export function fixedBecause({ decodings }: DeepMatch): string | undefined {
  return decodings.includes("compressed") ? "it is within something compressed" : undefined;
}
