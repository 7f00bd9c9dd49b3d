// A proposal for the operator to decide: the rule first, then what it means, then what is dangerous about it,
// and last the agent's own words, marked as such.

import { statusOf, type InboxItem } from "#domain/fleet/fleet.ts";
import { plainLine, plainLines } from "#domain/plain-text.ts";
import { describeRule, type Description } from "#domain/proposal/describe.ts";
import type { Proposal, ProposalOf } from "#domain/proposal/proposal.ts";
import type { Warning } from "#domain/proposal/warnings.ts";

import { buildRows, type Build } from "./build-rows.ts";
import { dockerfileRows, type DockerfileWords } from "./dockerfile-rows.ts";
import { countWords, failedWords, fateSpans, UNANSWERED } from "./inbox-rows.ts";
import { BOLD, CYAN, DIM, GREEN, RED, row, span, wrap, YELLOW, type Row, type Span, type Style } from "./rows.ts";
import { shownProposal } from "./shown-proposal.ts";
import { plural, remaining, statusSpan } from "./words.ts";

/** What the rules of the domain say of a proposal, in words. */
export interface ProposalWords extends Description {
  readonly warnings: readonly Warning[];
  /** Of a proposed Dockerfile. */
  readonly dockerfile?: DockerfileWords;
}

export interface DetailProps {
  readonly item: InboxItem;
  /** The bottle that asked has ended or is gone, and nothing was decided. */
  readonly ended: boolean;
  readonly words: ProposalWords;
  /** What its approval is building just now, or built last. */
  readonly build?: Build | undefined;
  readonly width: number;
  readonly now: number;
}

export interface Detail {
  readonly rows: readonly Row[];
  /** The first rows, without which nobody should decide: the rule, its meaning and the warnings. */
  readonly vital: number;
}

export function proposalDetail({ item, ended, words, build, width, now }: DetailProps): Detail {
  const { proposal } = item;
  const vital = [
    row(
      ended ? span(`- ${UNANSWERED} `, BOLD) : statusSpan(statusOf(item, new Date(now))),
      ` ${plainLine(proposal.bottle_slug)} `,
      span(originWords(proposal, ended), DIM),
      ...countdown(item, ended, now),
    ),
    ...(build === undefined ? [] : buildRows(build, width)),
    ...ruleRows(shownProposal(item), width),
    ...askedRows(item, width),
    ...words.meaning.flatMap((text) => wrap(plainLine(text), width).map((line) => row(...line))),
    ...words.warnings.flatMap((text) => warningRows(text, width)),
    ...fileRows(words, width),
  ];
  const rest = [
    countWords(item, now),
    ...(ended ? [] : fateRows(item, width, now)),
    ...diffRows(words.diff),
    ...justificationRows(item, width),
  ];
  return { rows: [...vital, ...rest], vital: vital.length };
}

/** How long somebody still waits: seconds at last. */
function countdown({ proposal, decision, undo }: InboxItem, ended: boolean, now: number): Span[] {
  const { deadline } = proposal;
  if (ended || deadline === undefined || decision !== null || undo !== null) return [];
  return Date.parse(deadline) <= now ? [] : [span(`, ${remaining(deadline, now)} left`, NOTE)];
}

function originWords({ origin }: Proposal, ended: boolean): string {
  switch (origin) {
    case "mcp":
      return "the agent asked for this";
    case "blocked-request":
      return "a request was blocked";
    case "held-request":
      return ended ? "a request was held" : "a request is held: the agent waits";
    case "tool-request":
      return "a tool request";
    case "conversation":
      return "from the conversation";
  }
}

export function ruleRows(proposal: Proposal, width: number): Row[] {
  if (proposal.kind === "question") {
    const { text, options } = proposal.payload;
    return [
      row(span("The agent asks:", BOLD)),
      ...plainLines(text).flatMap((line) => wrap(line, width - 2, { color: CYAN }).map((part) => row("  ", ...part))),
      ...(options ?? []).map((option, index) => row(span(`  ${index + 1} `, BOLD), plainLine(option))),
    ];
  }
  if (proposal.kind === "dlp-match") return matchRows(proposal.payload);
  if (proposal.kind === "pipelock-block") {
    const { host, finding } = proposal.payload;
    return [
      field("finding", `⚑ ${plainLine(finding)}, whatever the value`, true),
      field("host", plainLine(host), true),
    ];
  }
  if (proposal.kind === "capability-block") {
    const lines = proposal.payload.dockerfile.replace(/\n$/, "").split("\n").length;
    return [field("rebuild", `the bottle, from a Dockerfile of ${plural(lines, "line")}`, true)];
  }
  const { host, port, methods, path_allowlist, auth, method, path } = proposal.payload;
  return [
    field("host", `${plainLine(host)}:${port ?? 443}`, true),
    field("methods", methods?.join(" ") ?? "any method", methods !== undefined),
    field("paths", path_allowlist?.map(plainLine).join("  ") ?? "any path", path_allowlist !== undefined),
    field(
      "credential",
      auth === undefined ? "none" : `${plainLine(auth.scheme)} from ${plainLine(auth.token_ref)}`,
      auth !== undefined,
    ),
    ...(method === undefined ? [] : [field("request", plainLine(`${method} ${path ?? ""}`), false)]),
  ];
}

/** What was found, where, and on its way to whom; the text around it stands in the meaning. */
function matchRows(payload: ProposalOf<"dlp-match">["payload"]): Row[] {
  const { host, port, method, path, rule, where } = payload;
  return [
    field("found", `⚑ ${plainLine(rule)}`, true),
    field("where", plainLine(where), true),
    field("to", `${plainLine(host)}:${port ?? 443}`, true),
    field("request", plainLine(`${method} ${path}`), false),
  ];
}

/** Laid out once for each width: a file may have thousands of lines, and is looked at with each key. */
function fileRows(words: ProposalWords, width: number): readonly Row[] {
  const { dockerfile } = words;
  if (dockerfile === undefined) return [];
  const before = laidOut.get(dockerfile);
  if (before?.width === width) return before.rows;
  const rows = dockerfileRows(dockerfile, width);
  laidOut.set(dockerfile, { width, rows });
  return rows;
}

const laidOut = new WeakMap<DockerfileWords, { readonly width: number; readonly rows: readonly Row[] }>();

/** What was asked for, where another rule was approved. */
function askedRows(item: InboxItem, width: number): Row[] {
  const { proposal } = item;
  if (shownProposal(item) === proposal) return [];
  if (proposal.kind === "capability-block")
    return wrap("the operator changed the file before it was approved", width, NOTE).map((line) => row(...line));
  if (proposal.kind !== "egress-block") return [];
  return wrap(`changed by the operator; asked for was ${describeRule(proposal.payload)}`, width, NOTE).map((line) =>
    row(...line),
  );
}

function field(name: string, text: string, strong: boolean): Row {
  return row(span(name.padEnd(12), DIM), span(text, strong ? BOLD : {}));
}

export function warningRows({ severity, text }: Warning, width: number): Row[] {
  const style = severity === "danger" ? DANGER : NOTE;
  return wrap(plainLine(text), width - 2, style).map((line, index) =>
    row(span(index > 0 ? "  " : severity === "danger" ? "! " : "· ", style), ...line),
  );
}

const DANGER: Style = { color: RED, bold: true };
const NOTE: Style = { color: YELLOW };

function fateRows(item: InboxItem, width: number, now: number): Row[] {
  const { decision, undo, proposal } = item;
  const scope =
    decision === null ||
    proposal.kind === "question" ||
    proposal.kind === "capability-block" ||
    decision.status === "rejected"
      ? ""
      : `, ${scopeWords(decision)}`;
  const who =
    decision === null ? [] : [row(span(`${decision.status}${scope}, by ${plainLine(decision.decided_by)}`, DIM))];
  const notes = decision === null || decision.notes === "" ? [] : wrap(`“${plainLine(decision.notes)}”`, width, DIM);
  const undone = undo === null ? [] : [row(span(`undone by ${plainLine(undo.decided_by)}`, DIM))];
  return [...who, ...notes, ...undone, ...appliedRows(item, width, now)];
}

/** Why something failed is told whole: the inbox has room for its beginning alone. */
function appliedRows(item: InboxItem, width: number, now: number): Row[] {
  const { decision, undo } = item;
  if (decision === null && undo === null) return []; // the first row counts down
  const applied = undo === null ? decision?.applied : undo.applied;
  if (applied?.ok === false) return wrap(failedWords(plainLine(applied.detail)), width, DANGER);
  const fate = fateSpans(item, now);
  return fate.length === 0 ? [] : [fate];
}

function scopeWords({ scope, expires_at }: NonNullable<InboxItem["decision"]>): string {
  const words = { once: "for the next request", session: "until the bottle stops", manifest: "kept in the definition" }[
    scope
  ];
  return expires_at === undefined ? words : `until ${expires_at}`;
}

export function diffRows(diff: readonly string[]): Row[] {
  if (diff.length === 0) return [];
  return [
    [],
    row(span("policy", DIM)),
    ...diff.map((line) =>
      row(
        span(
          `  ${plainLine(line)}`,
          line.startsWith("+") ? { color: GREEN } : line.startsWith("-") ? { color: RED } : DIM,
        ),
      ),
    ),
  ];
}

function justificationRows({ proposal, seen }: InboxItem, width: number): Row[] {
  const said = proposal.justification;
  const others = seen?.justification ?? "";
  if (said === "" && others === "") return [[], row(span("the agent gave no reason", DIM))];
  // A request that was stopped is proposed by the proxy, in its words. What folds into it may bring the agent's.
  if (isOfProxy(proposal)) return [...quoted("the proxy says:", DIM, said, width), ...ofAgent(others, width)];
  return ofAgent(said === "" ? others : said, width);
}

function isOfProxy({ origin }: Proposal): boolean {
  return origin === "blocked-request" || origin === "held-request";
}

function ofAgent(text: string, width: number): Row[] {
  return quoted("the agent's own words (not checked by anybody):", { color: YELLOW }, text, width);
}

function quoted(whose: string, style: Style, text: string, width: number): Row[] {
  if (text === "") return [];
  return [
    [],
    row(span(whose, style)),
    ...plainLines(text)
      .slice(0, 200)
      .flatMap((line) => wrap(line, width - 2, { italic: true }).map((part) => row(span("┊ ", DIM), ...part))),
  ];
}
