// How a long body is taken and let go, and who decides about what is found in it.

import type { SecretScanner } from "#domain/secrets/scanner.ts";

import { InspectionRefused } from "../inspection.ts";
import type { BodyReader } from "./body-reader.ts";
import type { DeepMatch, DeepOptions } from "./deep-scan.ts";
import { excerptOf } from "./excerpt.ts";
import { type Found, withDecodings } from "./finding.ts";
import type { ScanWindow } from "./scan-window.ts";
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

/** Looks at a window, and has decided what was found. */
export class Judge {
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
    const { matches, unscanned, bytes } = await window.scan();
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
