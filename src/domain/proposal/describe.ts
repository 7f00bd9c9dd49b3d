// A proposal in words: what approving it would allow, from the structured rule alone, never from the agent's own text.

import { plainLine } from "#domain/plain-text.ts";

import type { EgressBlockPayload, Proposal } from "./proposal.ts";

export interface Description {
  /** One line, for lists. */
  readonly title: string;
  /** What approving would allow, or what is asked and why it came: one sentence each. */
  readonly meaning: readonly string[];
  /** The routes that approving would add, as lines that start with "+". */
  readonly diff: readonly string[];
}

export function describeProposal(proposal: Proposal): Description {
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
