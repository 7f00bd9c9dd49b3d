// Proposals and decisions as people read them: the rule first, the agent's words last and marked as such.

import type { InboxItem } from "#domain/fleet/fleet.ts";
import { statusOf } from "#domain/fleet/fleet.ts";
import { isAlarm } from "#domain/fleet/urgency.ts";
import { plainLine, plainLines } from "#domain/plain-text.ts";
import type { Decision, ProposalStatus, Undo } from "#domain/proposal/decision.ts";
import { describeProposal } from "#domain/proposal/describe.ts";
import type { DlpMatchPayload, EgressBlockPayload, Proposal } from "#domain/proposal/proposal.ts";
import type { Warning } from "#domain/proposal/warnings.ts";

import type { Ink, Paint } from "./paint.ts";
import { relativeTime } from "./relative-time.ts";
import { cutToWidth, labelled, table, type Cell } from "./table.ts";

const STATUS_INKS: Readonly<Record<ProposalStatus, Ink>> = {
  pending: "yellow",
  approved: "green",
  modified: "green",
  rejected: "red",
  expired: "dim",
  undone: "dim",
};

export function proposalTable(items: readonly InboxItem[], now: Date, paint: Paint): string {
  if (items.length === 0) return "nothing waits for you";
  return table(
    ["ID", "BOTTLE", "STATUS", "ASKED", "WHAT", "OUTCOME"],
    items.map((item) => [
      { text: item.proposal.id, ink: "bold" },
      item.proposal.bottle_slug,
      statusCell(item, now),
      relativeTime(item.proposal.created_at, now),
      cutToWidth(whatItAsks(item.proposal), 80),
      outcome(item, now),
    ]),
    paint,
  );
}

/**
 * Everything about one proposal: the rule, what it means, what to think twice about, its fate; then the agent's words.
 * A proposed Dockerfile is shown whole, against `dockerfile`, what the bottle is made from now.
 */
export function proposalText(
  item: InboxItem,
  warnings: readonly Warning[],
  now: Date,
  paint: Paint,
  dockerfile?: string,
): string {
  const { proposal, seen, decision } = item;
  const pairs: [string, Cell | string][] = [
    ...ruleLines(proposal),
    ...describeProposal(proposal).meaning.map((sentence): [string, string] => ["means", sentence]),
    ...warnings.map(({ severity, text }): [string, Cell] => [
      "warning",
      { text, ink: severity === "danger" ? "red" : "yellow" },
    ]),
    ["bottle", proposal.bottle_slug],
    ["status", statusCell(item, now)],
    ["asked", `${relativeTime(proposal.created_at, now)} by ${proposal.origin}`],
    ...optional(
      "seen",
      seen === null || seen.count < 2 ? undefined : `${seen.count} times, last ${relativeTime(seen.last_seen, now)}`,
    ),
    ...optional("deadline", proposal.deadline === undefined ? undefined : secondsLeft(proposal.deadline, now)),
    ...(decision === null ? [] : decisionLines(decision, now)),
    ...optional(
      "used",
      item.use === null ? undefined : `${times(item.use.count)}, last ${relativeTime(item.use.last_at, now)}`,
    ),
    ...(item.undo === null ? [] : undoLines(item.undo, now)),
    ["id", proposal.id],
    ["digest", proposal.digest],
  ];
  return [labelled(pairs, paint), ...fileChange(proposal, dockerfile, paint), ...justification(item, paint)].join("\n");
}

/** The lines that change, between those that stay. */
function fileChange(proposal: Proposal, dockerfile: string | undefined, paint: Paint): string[] {
  if (proposal.kind !== "capability-block") return [];
  const { diff } = describeProposal(proposal, dockerfile);
  const title = dockerfile === undefined ? "the Dockerfile" : "what changes in the Dockerfile";
  if (diff.length === 0) return [paint("dim", "the Dockerfile is the one that the bottle is made from now")];
  return [paint("dim", title), ...diff.map((line) => `  ${paint(line.startsWith("-") ? "red" : "green", line)}`)];
}

export function decisionText(decision: Decision, now: Date, paint: Paint): string {
  return labelled(decisionLines(decision, now), paint);
}

export function undoText(undo: Undo, now: Date, paint: Paint): string {
  return labelled(undoLines(undo, now), paint);
}

/** One line: `GET api.github.com:443/repos/` or the question. */
function whatItAsks(proposal: Proposal): string {
  switch (proposal.kind) {
    case "egress-block":
      return plainLine(ruleInOneLine(proposal.payload));
    case "dlp-match":
      if (isAlarm(proposal)) return plainLine(describeProposal(proposal).title);
      return `finding: ${plainLine(describeProposal(proposal).title)}`;
    case "pipelock-block":
      return `finding: ${plainLine(describeProposal(proposal).title)}`;
    case "capability-block":
      return plainLine(describeProposal(proposal).title);
    case "question":
      return `question: ${plainLine(proposal.payload.text)}`;
    default:
      return proposal satisfies never;
  }
}

function ruleInOneLine(rule: EgressBlockPayload): string {
  const methods = rule.methods?.join(",") ?? "any method";
  const port = rule.port === undefined || rule.port === 443 ? "" : `:${rule.port}`;
  const paths = rule.path_allowlist === undefined ? "" : ` ${rule.path_allowlist.join(" ")}`;
  const auth = rule.auth === undefined ? "" : ` with ${rule.auth.token_ref}`;
  return `${methods} ${rule.host}${port}${paths}${auth}`;
}

function ruleLines(proposal: Proposal): [string, Cell | string][] {
  switch (proposal.kind) {
    case "egress-block":
      return egressLines(proposal.payload);
    case "dlp-match":
      return findingLines(proposal.payload);
    case "pipelock-block":
      return [
        ["finding", { text: plainLine(proposal.payload.finding), ink: "bold" }],
        ["host", plainLine(proposal.payload.host)],
      ];
    case "capability-block":
      return [["image", { text: plainLine(describeProposal(proposal).title), ink: "bold" }]];
    case "question":
      return [
        ["question", { text: plainLine(proposal.payload.text), ink: "bold" }],
        ...optional("options", proposal.payload.options?.map(plainLine).join(" | ")),
      ];
    default:
      return proposal satisfies never;
  }
}

function egressLines(rule: EgressBlockPayload): [string, Cell | string][] {
  const request = rule.method === undefined ? undefined : `${rule.method} ${rule.path ?? "/"}`;
  return [
    ["host", { text: plainLine(rule.host), ink: "bold" }],
    ["port", String(rule.port ?? 443)],
    ["methods", rule.methods?.join(", ") ?? "all"],
    ["paths", plainLine(rule.path_allowlist?.join(", ") ?? "all")],
    ["credential", rule.auth === undefined ? "none" : plainLine(`${rule.auth.scheme} ${rule.auth.token_ref}`)],
    ...optional("tried", request === undefined ? undefined : plainLine(request)),
  ];
}

function findingLines(payload: DlpMatchPayload): [string, Cell | string][] {
  const { rule, host, port = 443, method, path, where, excerpt } = payload;
  return [
    ["finding", { text: plainLine(rule), ink: "bold" }],
    ["host", `${plainLine(host)}${port === 443 ? "" : `:${port}`}`],
    ["request", plainLine(`${method} ${path}`)],
    ["in", plainLine(where)],
    ...optional("around it", excerpt === "" ? undefined : plainLine(excerpt)),
  ];
}

/** A rejection has no scope and applies nothing. */
function decisionLines(decision: Decision, now: Date): [string, Cell | string][] {
  const rejected = decision.status === "rejected";
  const scope = rejected ? "" : ` (${decision.scope})`;
  return [
    [
      "decision",
      {
        text: `${decision.status}${scope} by ${decision.decided_by}, ${relativeTime(decision.decided_at, now)}`,
        ink: STATUS_INKS[decision.status],
      },
    ],
    ...optional("expires", decision.expires_at === undefined ? undefined : relativeTime(decision.expires_at, now)),
    ...(rejected ? [] : [["applied", appliedCell(decision.applied)] satisfies [string, Cell]]),
    ...optional("notes", decision.notes === "" ? undefined : plainLine(decision.notes)),
  ];
}

function undoLines(undo: Undo, now: Date): [string, Cell | string][] {
  return [
    ["undone", `by ${undo.decided_by}, ${relativeTime(undo.decided_at, now)}`],
    ["applied", appliedCell(undo.applied)],
    ...optional("reopened as", undo.reopened_as),
  ];
}

function appliedCell(applied: Decision["applied"]): Cell {
  if (applied === undefined) return { text: "not yet", ink: "yellow" };
  return { text: plainLine(applied.detail), ink: applied.ok ? "green" : "red" };
}

function statusCell(item: InboxItem, now: Date): Cell {
  const status = statusOf(item, now);
  return { text: status, ink: STATUS_INKS[status] };
}

function outcome(item: InboxItem, now: Date): Cell {
  if (item.decision === null && isAlarm(item.proposal)) return { text: "reject it when you have looked", ink: "red" };
  if (item.decision === null) return { text: waitWords(item.proposal.deadline, now) };
  if (item.use !== null) return { text: `used ${times(item.use.count)}`, ink: "green" };
  return appliedCell(item.decision.applied);
}

function waitWords(deadline: string | undefined, now: Date): string {
  return deadline === undefined || new Date(deadline) <= now ? "" : `held, deadline ${secondsLeft(deadline, now)}`;
}

/** `in 118 s`: whoever waits is refused on the second. */
function secondsLeft(deadline: string, now: Date): string {
  const seconds = Math.ceil((Date.parse(deadline) - now.getTime()) / 1000);
  return seconds > 0 && seconds <= 600 ? `in ${seconds} s` : relativeTime(deadline, now);
}

/** What the proxy stopped is proposed in the proxy's words; what folded into it may bring the agent's. */
function justification({ proposal, seen }: InboxItem, paint: Paint): string[] {
  const isOfProxy = proposal.origin === "blocked-request" || proposal.origin === "held-request";
  const said = quoted(isOfProxy ? "the proxy says" : "the agent says", proposal.justification, paint);
  const folded = seen?.justification ?? "";
  return said.length > 0 && !isOfProxy ? said : [...said, ...quoted("the agent says", folded, paint)];
}

function quoted(whose: string, text: string, paint: Paint): string[] {
  const lines = plainLines(text).filter((line) => line.trim() !== "");
  return lines.length === 0 ? [] : [paint("dim", whose), ...lines.map((line) => `  ${line}`)];
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function optional(label: string, text: string | undefined): [string, string][] {
  return text === undefined ? [] : [[label, text]];
}
