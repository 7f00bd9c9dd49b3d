// A console with nothing behind it: what a test does not script rejects, so that a command cannot call more than it says.

import type { Console } from "#contracts/console.ts";
import type { BottleRow, Fleet, InboxItem } from "#domain/fleet/fleet.ts";
import type { Decision } from "#domain/proposal/decision.ts";
import type { ProposalOf } from "#domain/proposal/proposal.ts";

type Scripted = Partial<Omit<Console, "egress">> & { readonly egress?: Partial<Console["egress"]> };

export function fakeConsole(scripted: Scripted = {}): Console {
  const egress = unscripted({ ...scripted.egress }, "egress.");
  const base = { root: "/nowhere", subscribe: () => () => {}, start: async () => {}, close: async () => {} };
  return unscripted({ ...base, ...scripted, egress }, "") as unknown as Console;
}

function unscripted(members: object, prefix: string): object {
  return new Proxy(members, {
    get(target, name) {
      if (name in target || typeof name === "symbol" || name === "then") return Reflect.get(target, name);
      return () => Promise.reject(new Error(`console.${prefix}${name} is not scripted`));
    },
  });
}

export const NOW = new Date("2030-01-01T12:00:00.000Z");
export const EMPTY_FLEET: Fleet = { bottles: [], inbox: [], hosts: {}, problems: {} };

export function bottleRow(over: Partial<BottleRow> = {}): BottleRow {
  return {
    slug: "reviewer-k3x9a",
    agent: "reviewer",
    bottle: "dev",
    provider: "command",
    backend: "local",
    host: "local",
    state: "busy",
    since: "2030-01-01T11:55:00.000Z",
    started_at: "2030-01-01T11:00:00.000Z",
    label: "",
    color: "",
    pending: 0,
    alarms: 0,
    exit_code: null,
    signal: null,
    isolation: {
      mechanism: "bubblewrap",
      proved_at: "2030-01-01T11:00:01.000Z",
      checks: [
        { name: "seccomp", ok: false, evidence: "mode 0", required: false },
        { name: "no route", ok: true, evidence: "ENETUNREACH", required: true },
      ],
    },
    stats: null,
    last_line: "",
    down: {},
    ...over,
  };
}

const DIGEST = `sha256:${"a".repeat(64)}`;

export function egressProposal(over: Partial<ProposalOf<"egress-block">> = {}): ProposalOf<"egress-block"> {
  return {
    version: 1,
    id: "mfx12k3ab-c4d5e",
    bottle_slug: "reviewer-k3x9a",
    created_at: "2030-01-01T11:58:00.000Z",
    digest: DIGEST,
    justification: "I need the package",
    origin: "mcp",
    kind: "egress-block",
    payload: { host: "packages.demo.test", methods: ["GET"] },
    ...over,
  };
}

export function questionProposal(over: Partial<ProposalOf<"question">> = {}): ProposalOf<"question"> {
  return {
    version: 1,
    id: "mfx12k3ac-q4d5e",
    bottle_slug: "reviewer-k3x9a",
    created_at: "2030-01-01T11:59:00.000Z",
    digest: DIGEST,
    justification: "",
    origin: "mcp",
    kind: "question",
    payload: { text: "Which one?", options: ["first", "second"] },
    ...over,
  };
}

export function inboxItem(over: Partial<InboxItem> = {}): InboxItem {
  return { proposal: egressProposal(), seen: null, decision: null, undo: null, use: null, ...over };
}

export function decision(over: Partial<Decision> = {}): Decision {
  return {
    version: 1,
    id: "mfx12k3ab-c4d5e",
    digest: DIGEST,
    status: "approved",
    scope: "session",
    notes: "",
    decided_by: "root@here (1)",
    decided_at: "2030-01-01T12:00:00.000Z",
    applied: { ok: true, detail: "the proxy's table has the rule", policy_version: 2 },
    ...over,
  };
}
