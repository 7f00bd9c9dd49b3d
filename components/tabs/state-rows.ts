// How a bottle stands, and why: who says so, by which rule, on what evidence, and when that was last confirmed.

import { DECIDERS, reasonsOf } from "#domain/fleet/explanation.ts";
import type { BottleRow } from "#domain/fleet/fleet.ts";
import { plainLine } from "#domain/plain-text.ts";

import { DIM, row, span, wrap, type Row } from "../rows.ts";
import { clock, stateSpan } from "../words.ts";

const LABEL_WIDTH = 10;

export function stateRows(bottle: BottleRow, width: number, now: number): Row[] {
  const { state, since, why, by, rule, evidence, confirmed_at } = reasonsOf(bottle, new Date(now));
  const isRunning = by !== "backend" && by !== "nobody";
  // What moves at this moment is said in words: nothing is drawn anew only because time goes by.
  const moves = state === "busy" && bottle.words?.terminal?.activity === "busy";
  const confirmed = moves ? "now: its terminal moves" : confirmed_at === null ? "" : clock(confirmed_at);
  const facts: [string, string][] = [
    ["why", why],
    ["told by", isRunning ? DECIDERS[by] : ""],
    ["rule", rule],
    ["evidence", evidence],
    ["confirmed", isRunning ? confirmed : ""],
  ];
  return [
    row(span("state".padEnd(LABEL_WIDTH), DIM), stateSpan(state), span(` since ${clock(since)}`, DIM)),
    ...facts.filter(([, text]) => text !== "").flatMap(([name, text]) => factRows(name, plainLine(text), width)),
  ];
}

function factRows(name: string, text: string, width: number): Row[] {
  return wrap(text, Math.max(10, width - LABEL_WIDTH)).map((line, index) =>
    row(span((index === 0 ? name : "").padEnd(LABEL_WIDTH), DIM), ...line),
  );
}
