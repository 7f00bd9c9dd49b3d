// A proposal in words: what approving it would allow, from the structured rule alone, never from the agent's own text.

import { lineDiff } from "#domain/egress/line-diff.ts";
import { plainLine } from "#domain/plain-text.ts";

import { CANARY_RULE, findingOf, type FindingProposal } from "./approved-exception.ts";
import { baseImages, instructionsOf } from "./dockerfile.ts";
import type { EgressBlockPayload, Proposal, ProposalOf } from "./proposal.ts";

export interface Description {
  /** One line, for lists. */
  readonly title: string;
  /** What approving would allow, or what is asked and why it came: one sentence each. */
  readonly meaning: readonly string[];
  /** What approving would add to the table, as lines that start with "+"; of a Dockerfile what would change, with "-" too. */
  readonly diff: readonly string[];
}

/** `dockerfile`: what the bottle is made from now, where that is known; a proposed one is shown against it. */
export function describeProposal(proposal: Proposal, dockerfile = ""): Description {
  switch (proposal.kind) {
    case "egress-block":
      return {
        title: describeRule(proposal.payload),
        meaning: [
          `Would allow ${describeRule(proposal.payload)}.`,
          ...credential(proposal.payload),
          ...cause(proposal),
        ],
        diff: ruleDiff(proposal.payload),
      };
    case "dlp-match":
      return { title: findingTitle(proposal), meaning: valueMeaning(proposal), diff: exceptionDiff(proposal) };
    case "pipelock-block":
      return { title: findingTitle(proposal), meaning: ruleMeaning(proposal), diff: exceptionDiff(proposal) };
    case "capability-block":
      return {
        title: dockerfileTitle(proposal.payload.dockerfile),
        meaning: CAPABILITY_MEANING,
        diff: dockerfileDiff(dockerfile, proposal.payload.dockerfile),
      };
    case "question": {
      const [first = "", ...more] = proposal.payload.text
        .split("\n")
        .map((line) => plainLine(line).trim())
        .filter((line) => line !== "");
      return {
        title: more.length === 0 ? first : `${first} …`,
        meaning: ["Your answer goes to the agent as text; nothing else changes."],
        diff: [],
      };
    }
  }
}

/** `GET and POST on https://api.example.com:443, only below /repos/acme/, with a credential`. */
export function describeRule(rule: EgressBlockPayload): string {
  const methods = rule.methods === undefined ? "every method" : listed(rule.methods, "and");
  const paths = rule.path_allowlist === undefined ? "any path" : `only below ${listed(rule.path_allowlist, "or")}`;
  const auth = rule.auth === undefined ? "" : `, with the credential ${plainLine(rule.auth.token_ref)}`;
  return `${methods} on https://${hostText(rule)}:${rule.port ?? 443}, ${paths}${auth}`;
}

const CAPABILITY_MEANING = [
  "Would build an image from this Dockerfile and put the agent into a bottle made from it; home, workspace and approvals stay.",
  "What the agent is doing ends, and it is started again. When the build fails it goes on in the old one, and is told.",
] as const;

/** `a Dockerfile from node:24-slim with 3 RUN lines`. */
function dockerfileTitle(text: string): string {
  const runs = instructionsOf(text).filter(({ name }) => name === "RUN").length;
  const from = baseImages(text).map((image) => plainLine(image));
  return `a Dockerfile from ${listed(from, "and")} with ${runs === 1 ? "1 RUN line" : `${runs} RUN lines`}`;
}

function dockerfileDiff(before: string, after: string): string[] {
  if (before === after) return [];
  const lines = before === "" ? after.split("\n").map((line) => `+ ${line}`) : lineDiff(before, after).split("\n");
  return lines.map((line) => plainLine(line));
}

/** The exception that approving a finding would add, as lines of YAML, each with a "+". */
export function exceptionDiff(proposal: FindingProposal): string[] {
  if (findingOf(proposal) === CANARY_RULE) return [];
  return [
    `+ - host: ${plainLine(proposal.payload.host)}`,
    `+   rule: ${plainLine(findingOf(proposal))}`,
    ...(proposal.kind === "dlp-match" ? [`+   fingerprint: ${proposal.payload.fingerprint}`] : []),
  ];
}

function findingTitle(proposal: FindingProposal): string {
  const { host } = proposal.payload;
  if (findingOf(proposal) === CANARY_RULE)
    return `CANARY SENT to ${plainLine(host)}: this agent tried to leak credentials`;
  if (proposal.kind === "pipelock-block") return `${plainLine(findingOf(proposal))} on ${plainLine(host)}, every value`;
  return `${plainLine(proposal.payload.rule)} to ${hostAndPort(proposal)}, in ${plainLine(proposal.payload.where)}`;
}

function hostAndPort({ payload: { host, port } }: ProposalOf<"dlp-match">): string {
  return port === undefined || port === 443 ? plainLine(host) : `${plainLine(host)}:${port}`;
}

function valueMeaning(proposal: ProposalOf<"dlp-match">): string[] {
  const { rule, host, method, path, where, excerpt } = proposal.payload;
  if (rule === CANARY_RULE) {
    return [
      "The canary is a value that was planted for thieves: no task needs it, and whoever sends it took what looked like a credential.",
      `${plainLine(method)} ${plainLine(path)} to ${hostAndPort(proposal)} had it in the ${plainLine(where)}, and was stopped.`,
      "Nothing can let it pass. Look at what the agent does, stop the bottle if in doubt, then reject this: you have looked.",
    ];
  }
  const state = proposal.origin === "held-request" ? "is held until you decide" : "was refused";
  return [
    `Would let this one value, which ${plainLine(rule)} found, leave for ${plainLine(host)}.`,
    `${plainLine(method)} ${plainLine(path)} ${state}: it stands in ${plainLine(where)}.`,
    ...(excerpt === "" ? [] : [`Around it: ${plainLine(excerpt)}`]),
  ];
}

function ruleMeaning({ payload: { host, finding } }: ProposalOf<"pipelock-block">): string[] {
  return [
    `Would let every value that ${plainLine(finding)} finds pass on ${plainLine(host)}, not only the one that was found.`,
  ];
}

/** The rule as lines of YAML, each with a "+". */
export function ruleDiff(rule: EgressBlockPayload): string[] {
  const { host, port, methods, path_allowlist, auth } = rule;
  return [
    `+ - host: ${plainLine(host)}`,
    ...(port === undefined || port === 443 ? [] : [`+   port: ${port}`]),
    ...(methods === undefined ? [] : [`+   methods: [${methods.map((method) => plainLine(method)).join(", ")}]`]),
    ...(path_allowlist === undefined
      ? []
      : [`+   path_allowlist: [${path_allowlist.map((path) => plainLine(path)).join(", ")}]`]),
    ...(auth === undefined
      ? []
      : [`+   auth: {scheme: ${plainLine(auth.scheme)}, token_ref: ${plainLine(auth.token_ref)}}`]),
  ];
}

function hostText({ host }: EgressBlockPayload): string {
  const text = plainLine(host);
  return text.startsWith("*.") ? `${text} (every name below ${text.slice(2)})` : text;
}

function credential({ auth, host }: EgressBlockPayload): string[] {
  if (auth === undefined) return [];
  return [
    `Requests to ${plainLine(host)} would carry your ${plainLine(auth.token_ref)} (${plainLine(auth.scheme)}); the agent does not see it.`,
  ];
}

function cause({ payload, origin }: Extract<Proposal, { kind: "egress-block" }>): string[] {
  if (payload.method === undefined || payload.path === undefined) return [];
  const request = `${plainLine(payload.method)} ${plainLine(payload.path)}`;
  return [origin === "held-request" ? `${request} is held until you decide.` : `${request} was refused.`];
}

function listed(items: readonly string[], word: "and" | "or"): string {
  const plain = items.map((item) => plainLine(item));
  const last = plain.at(-1) ?? "";
  return plain.length < 2 ? last : `${plain.slice(0, -1).join(", ")} ${word} ${last}`;
}
