// What the operator should think twice about before a rule is approved.

import { plainLine } from "#domain/plain-text.ts";

import { CANARY_RULE, OWN_RULE } from "./approved-exception.ts";
import { dockerfileWarnings } from "./dockerfile-warnings.ts";
import { lookAlikeOf } from "./look-alike.ts";
import type {
  CapabilityBlockPayload,
  DlpMatchPayload,
  EgressBlockPayload,
  PipelockBlockPayload,
  Proposal,
} from "./proposal.ts";
import { unicodeHost } from "./punycode.ts";
import { danger, note, type Warning } from "./warning.ts";

export type { Warning };

export interface Knowledge {
  /** Hosts that the operator allowed before: routes of the definition or the table, and approved proposals. */
  readonly knownHosts: readonly string[];
  /** Those of them that get a credential already. */
  readonly credentialHosts: readonly string[];
  /** What the bottle is made from now, where that is known. */
  readonly dockerfile?: string | undefined;
}

/** Dangers first. Questions have none. */
export function warningsOf(proposal: Pick<Proposal, "kind" | "payload">, known: Knowledge): Warning[] {
  switch (proposal.kind) {
    case "egress-block": {
      const rule = proposal.payload as EgressBlockPayload;
      return [...dangers(rule, known), ...notes(rule, known)];
    }
    case "dlp-match": {
      const { host, rule } = proposal.payload as DlpMatchPayload;
      if (rule === CANARY_RULE) return [...ownSecret(rule, host)];
      return [...ownSecret(rule, host), danger("secret-leaves", `What ${plainLine(host)} gets, you cannot take back.`)];
    }
    case "pipelock-block": {
      const { host, finding } = proposal.payload as PipelockBlockPayload;
      const text = `Every value of ${plainLine(finding)} would pass on ${plainLine(host)}, real secrets too, until this bottle stops.`;
      return [...ownSecret(finding, host), danger("every-value", text)];
    }
    case "capability-block":
      return dockerfileWarnings((proposal.payload as CapabilityBlockPayload).dockerfile, known.dockerfile);
    case "question":
      return [];
  }
}

function* ownSecret(rule: string, host: string): Generator<Warning> {
  if (rule === CANARY_RULE) {
    yield danger("own-secret", "It is the canary: a planted value that nobody sends by mistake.");
  } else if (rule.startsWith(OWN_RULE)) {
    const name = plainLine(rule.slice(OWN_RULE.length));
    yield danger("own-secret", `It is a secret of this bottle's own (${name}), on its way to ${plainLine(host)}.`);
  }
}

function* dangers(rule: EgressBlockPayload, known: Knowledge): Generator<Warning> {
  const host = plainLine(rule.host);
  if (isAddress(host)) yield danger("ip-literal", `${host} is an address, not a name: no rule can allow it.`);
  else if (isInternalName(host))
    yield danger("internal-name", `${host} is a name inside a network, not on the internet.`);
  if (host.includes("*"))
    yield danger("wildcard", `Every name that matches ${host} would be allowed, those made later too.`);
  const alike = isAddress(host) ? undefined : lookAlikeOf(host, known.knownHosts);
  if (alike !== undefined) yield danger("look-alike", `Looks like ${plainLine(alike.of)}, and is not: ${alike.how}.`);
  if (/(?:^|\.)xn--/i.test(host)) {
    yield danger(
      "foreign-letters",
      `${host} stands for ${plainLine(unicodeHost(host))}, with letters of other scripts.`,
    );
  }
  if (rule.auth !== undefined && !known.credentialHosts.some((other) => isSameHost(other, host))) {
    yield danger(
      "new-credential",
      `Your ${plainLine(rule.auth.token_ref)} would be sent to ${host}, which gets no credential today.`,
    );
  }
}

function* notes(rule: EgressBlockPayload, known: Knowledge): Generator<Warning> {
  const host = plainLine(rule.host);
  if (!known.knownHosts.some((other) => isSameHost(other, host)))
    yield note("new-host", `${host} is asked for the first time.`);
  if (rule.path_allowlist === undefined || rule.path_allowlist.includes("/"))
    yield note("any-path", "Any path would be allowed.");
  if (rule.methods === undefined) yield note("any-method", "Every method would be allowed, those that write too.");
}

/** In any spelling that a client takes for an IP address: dotted, short, octal, hex, one number, IPv6, with a zone. */
export function isAddress(host: string): boolean {
  const name = host.replace(/\.$/, "");
  return name.includes(":") || name.startsWith("[") || /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/i.test(name);
}

function isInternalName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "").replace(/^\*\./, "");
  return (
    !name.includes(".") || /\.(?:local|localhost|internal|intranet|lan|home|corp|arpa|test|invalid|example)$/.test(name)
  );
}

function isSameHost(a: string, b: string): boolean {
  return a.toLowerCase().replace(/\.$/, "") === b.toLowerCase().replace(/\.$/, "");
}
