// What a bottle is and what really confines it, as read back from inside.

import { credentialStanding, credentialWords } from "#domain/fleet/credential-words.ts";
import type { BottleRow } from "#domain/fleet/fleet.ts";
import { plainLine } from "#domain/plain-text.ts";

import { hasEnded } from "../fleet-list.ts";
import { BOLD, DIM, GREEN, RED, row, span, wrap, YELLOW, type Row } from "../rows.ts";
import { bytes, clock } from "../words.ts";
import { stateRows } from "./state-rows.ts";

/** `stale`: its host does not answer, for the reason that is given. */
export function infoRows(bottle: BottleRow, width: number, now: number, stale?: string): Row[] {
  const { stats } = bottle;
  const facts: [string, string][] = [
    ["slug", bottle.slug],
    ["label", bottle.label],
    ["agent", bottle.agent],
    ["bottle", bottle.bottle],
    ["provider", bottle.provider],
    ["backend", bottle.host === "" ? bottle.backend : `${bottle.backend} on ${bottle.host}`],
    ["started", bottle.started_at],
    ["exit", bottle.signal ?? (bottle.exit_code === null ? "" : String(bottle.exit_code))],
    ["cpu", stats === null ? "" : `${Math.round(stats.cpu * 100)} % of a core`],
    ["memory", stats === null ? "" : bytes(stats.memory)],
    ["pending", bottle.pending === 0 ? "" : String(bottle.pending)],
  ];
  return [
    ...(stale === undefined ? [] : staleRows(bottle, stale, width)),
    ...stateRows(bottle, width, now),
    ...facts.filter(([, text]) => text !== "").map(([name, text]) => row(span(name.padEnd(10), DIM), plainLine(text))),
    ...credentialRows(bottle, width, now),
    ...Object.entries(hasEnded(bottle) ? {} : bottle.down).map(([name, why]) =>
      row(span(`${name} is down: ${plainLine(why)}`, { color: RED })),
    ),
    [],
    ...isolationRows(bottle, width),
  ];
}

function credentialRows({ credential }: BottleRow, width: number, now: number): Row[] {
  if (credential === undefined) return [];
  const at = new Date(now);
  const isFine = credentialStanding(credential, at).kind === "fine";
  const lines = wrap(credentialWords(credential, at), Math.max(10, width - 11), isFine ? {} : { color: YELLOW });
  return lines.map((line, index) => row(span((index === 0 ? "credential" : "").padEnd(11), DIM), ...line));
}

function staleRows({ host, confirmed_at }: BottleRow, why: string, width: number): Row[] {
  const when = confirmed_at === undefined ? "" : ` at ${clock(confirmed_at)}`;
  const text = `~ ${host} is unreachable${why === "" ? "" : `: ${plainLine(why)}`}. This is what was last seen${when}.`;
  return wrap(text, width, { color: YELLOW }).map((line) => row(...line));
}

function isolationRows({ isolation }: BottleRow, width: number): Row[] {
  if (isolation === null) return [row(span("isolation was not proved (yet)", { color: YELLOW }))];
  const head = row(
    span(`isolated by ${isolation.mechanism}`, BOLD),
    span(`, proved from inside at ${clock(isolation.proved_at)}`, DIM),
  );
  const checks = isolation.checks.flatMap(({ name, ok, required, evidence }) => [
    ok
      ? row(span("  ✓ ", { color: GREEN }), plainLine(name))
      : row(
          span(required ? "  ✗ " : "  ! ", { color: required ? RED : YELLOW }),
          plainLine(name),
          span(required ? "" : " (a weakness)", DIM),
        ),
    ...wrap(plainLine(evidence), Math.max(10, width - 6), DIM).map((line) => row("      ", ...line)),
  ]);
  return [head, ...checks];
}
