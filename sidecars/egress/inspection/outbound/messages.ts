// WebSocket messages that leave: each is looked at together with the end of those before it, for a secret may be split
// over several. They are decided on one after the other.

import type { SecretScanner } from "#domain/secrets/scanner.ts";

import type { MessageVerdict } from "../inspection.ts";
import { type DeepMatch, deepScanInSteps } from "./deep-scan.ts";
import { excerptOf } from "./excerpt.ts";
import { type Found, withDecodings } from "./finding.ts";
import { fixedBecause } from "./flow.ts";
import type { Span } from "./layer.ts";
import { heldBack } from "./scan-window.ts";
import type { Settlement } from "./settle.ts";

export interface Messages {
  outbound(data: Buffer): Promise<MessageVerdict>;
}

export function openMessages(scanner: SecretScanner, settlement: Settlement): Messages {
  let tail = Buffer.alloc(0);
  let before: Promise<unknown> = Promise.resolve();

  const look = async (data: Buffer): Promise<MessageVerdict> => {
    const gone = tail.length;
    const bytes = gone === 0 ? data : Buffer.concat([tail, data]);
    const { matches, spans, unscanned } = await deepScanInSteps(scanner, bytes);
    if (unscanned !== undefined)
      return { ok: false, refusal: settlement.refuseUnscanned("WebSocket message", unscanned) };
    const news = matches.filter(({ end }) => end > gone);
    const settled = await settlement.settle(news.map((match) => foundIn(bytes, match, spans, gone)));
    if (!settled.ok) return { ok: false, refusal: settled.refusal };
    const sent = settled.replace.length === 0 ? data : Buffer.from(data);
    for (const { match } of settled.replace) sent.fill("*", match.start - gone, match.end - gone);
    tail = Buffer.from((gone === 0 ? sent : Buffer.concat([tail, sent])).subarray(-heldBack(scanner)));
    return { ok: true, data: sent };
  };
  return {
    outbound(data) {
      const verdict = before.then(() => look(data));
      before = verdict.catch(() => {});
      return verdict;
    },
  };
}

function foundIn(bytes: Buffer, match: DeepMatch, all: readonly Span[], gone: number): Found {
  const { rule, severity, decodings, start } = match;
  return {
    rule,
    severity,
    match,
    part: "body",
    where: withDecodings("WebSocket message", decodings),
    excerpt: excerptOf(bytes, match, all),
    fixed: fixedBecause(match) ?? (start < gone ? "a part of it has left in an earlier message" : undefined),
  };
}
