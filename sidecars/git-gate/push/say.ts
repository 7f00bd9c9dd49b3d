// What the agent reads of its push, as `remote:` lines of its git.

import { plainLine, plainLines } from "#domain/plain-text.ts";
import { titleOf } from "#domain/secrets/create-scanner.ts";

import type { Finding } from "../scan/finding.ts";
import type { Forwarded } from "./forward.ts";
import type { RefProblem } from "./read-updates.ts";

const MOST_SHOWN = 20;
const MOST_UPSTREAM = 60;
const LONGEST = 400;

export function sayProblems(problems: readonly RefProblem[]): string[] {
  const shown = problems.slice(0, MOST_SHOWN).map(({ ref, problem }) => (ref === "" ? problem : `${ref}: ${problem}`));
  return ["refused; nothing was pushed", ...shown.map(indented), ...beyond(problems.length - shown.length)];
}

export function sayFindings(findings: readonly Finding[], isFull: boolean): string[] {
  const blocking = findings.filter(({ severity }) => severity === "block");
  const warnings = findings.filter(({ severity }) => severity === "warn");
  const lines = warnings.slice(0, MOST_SHOWN).map((finding) => `warning: ${sayFinding(finding)}`);
  const more = warnings.length - lines.length;
  if (more > 0) lines.push(`warning: and ${more} more`);
  if (blocking.length === 0) return lines;
  const count = blocking.length === 1 && !isFull ? "a secret" : `${blocking.length}${isFull ? " or more" : ""} secrets`;
  return [
    ...lines,
    `refused; nothing was pushed: ${count} in it`,
    ...blocking.slice(0, MOST_SHOWN).map((finding) => indented(sayFinding(finding))),
    ...beyond(blocking.length - MOST_SHOWN),
    "take it out of every commit that holds it (git commit --amend, git rebase -i): one that removes it later leaves it in the history",
    "a secret that anybody may have seen must be replaced where it was issued",
  ];
}

function sayFinding({ rule, commit, place, masked }: Finding): string {
  const title = titleOf(rule);
  const what = title === rule ? rule : `${rule} (${title})`;
  const where = commit === undefined ? "" : `, commit ${commit.slice(0, 10)}`;
  return `${what} ${masked} in ${sayPlace(place)}${where}`;
}

function sayPlace(place: Finding["place"]): string {
  switch (place.in) {
    case "file":
      return `${sayPath(place.path)}, line ${place.line}`;
    case "path":
      return `the path ${sayPath(place.path)}`;
    case "commit":
      return place.part === "message" ? `the message, line ${place.line}` : `the ${place.part} of the commit`;
    case "tag":
      return `the tag ${place.ref}, line ${place.line}`;
    case "ref":
      return `the name ${place.ref}`;
  }
}

/** In quotation marks where it could be taken for something else. */
function sayPath(path: string): string {
  const plain = plainLine(path);
  return plain === path && !/[ ",]/.test(path) ? path : JSON.stringify(plain);
}

export function sayForwarded(forwarded: Forwarded): string[] {
  const said = forwarded.said.flatMap(plainLines).filter((line) => line.trim() !== "");
  const upstream = [
    ...said.slice(0, MOST_UPSTREAM).map((line) => `upstream: ${line}`),
    ...beyond(said.length - MOST_UPSTREAM),
  ];
  switch (forwarded.is) {
    case "accepted":
      return [
        ...upstream,
        ...(forwarded.brokeAfter ? ["upstream has it; the connection broke before it said so"] : []),
      ];
    case "refused": {
      const reasons = [...forwarded.reasons].slice(0, MOST_SHOWN).map(([ref, why]) => indented(`${ref}: ${why}`));
      return [
        ...upstream,
        "upstream refused it; nothing was pushed",
        ...reasons,
        ...beyond(forwarded.reasons.size - MOST_SHOWN),
      ];
    }
    case "failed":
      return [...upstream, FAILED[forwarded.upstream]];
  }
}

const FAILED = {
  unchanged: "it did not get through to upstream, which has nothing of it; try again",
  changed: "it did not get through as it should, and upstream has changed meanwhile; fetch and look",
  unknown: "the connection to upstream broke, and whether it took the push is not known; fetch before you push again",
} as const;

/** One line each, of bounded length, without anything that a terminal would obey. */
export function remoteLines(lines: readonly string[], mask: (text: string) => string): string[] {
  return lines.map((line) => `git-gate: ${mask(plainLine(line)).slice(0, LONGEST)}`);
}

function beyond(more: number): string[] {
  return more > 0 ? [indented(`and ${more} more`)] : [];
}

function indented(line: string): string {
  return `  ${line}`;
}
