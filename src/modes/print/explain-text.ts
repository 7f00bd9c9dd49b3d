// Why a bottle's state is what it is, for people.

import type { Explanation } from "#contracts/console.ts";
import { DECIDERS } from "#domain/fleet/explanation.ts";
import type { Word } from "#domain/fleet/run-status.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { Paint } from "./paint.ts";
import { relativeTime } from "./relative-time.ts";
import { labelled } from "./table.ts";

export function explainText(explained: Explanation, now: Date, paint: Paint): string {
  const { slug, state, since, why, by, rule, evidence, confirmed_at, words, screen } = explained;
  const facts: [string, string][] = [
    ["bottle", slug],
    ["state", `${state}${why === "" ? "" : `: ${plainLine(why)}`}`],
    ["since", ago(since, now)],
    ["told by", DECIDERS[by]],
    ["rule", plainLine(rule)],
    ["evidence", plainLine(evidence)],
    ["confirmed", confirmed_at === null ? "" : ago(confirmed_at, now)],
    ...words.filter(({ authority }) => authority !== by).map((word) => otherWord(word, now)),
  ];
  return [
    labelled(
      facts.filter(([, text]) => text !== ""),
      paint,
    ),
    ...(screen === null ? [] : ["", ...screenLines(screen, paint)]),
  ].join("\n");
}

function otherWord({ authority, activity, detail, confirmed }: Word, now: Date): [string, string] {
  return [`by ${authority}`, `${activity}${detail === "" ? "" : `: ${plainLine(detail)}`}, ${ago(confirmed, now)}`];
}

function screenLines(screen: NonNullable<Explanation["screen"]>, paint: Paint): string[] {
  const { title, progress, bottom, matches } = screen;
  return [
    `the screen now: ${verdictWords(screen)}`,
    ...(title === "" ? [] : [paint("dim", `title     ${plainLine(title)}`)]),
    ...(progress === null ? [] : [paint("dim", `progress  ${progress}`)]),
    ...bottom.map((line) => paint("dim", `│ ${plainLine(line)}`)),
    ...(bottom.length === 0 ? [paint("dim", "│ (empty)")] : []),
    ...(matches === null ? [] : [`matched: ${plainLine(matches.evidence)}`]),
  ];
}

function verdictWords({ rules, matches }: NonNullable<Explanation["screen"]>): string {
  if (rules === null) return "its provider has no rules for it";
  if (matches === null) return `none of ${rules} rules matches`;
  return `${matches.state}, by the rule ${matches.rule}`;
}

function ago(at: string, now: Date): string {
  return `${relativeTime(at, now)} (${at})`;
}
