// How long an approval lasts, as it is offered.

import type { Approval } from "./view.ts";

const HOUR_MS = 3_600_000;

export interface ScopeChoice {
  readonly title: string;
  readonly detail: string;
  readonly approval: Approval;
}

export const SCOPES: readonly [ScopeChoice, ...ScopeChoice[]] = [
  { title: "once", detail: "the next matching request, within 10 minutes", approval: { scope: "once" } },
  {
    title: "for an hour",
    detail: "then the rule goes away by itself",
    approval: { scope: "session", expiresInMs: HOUR_MS },
  },
  { title: "until the bottle stops", detail: "this session", approval: { scope: "session" } },
  { title: "for good", detail: "also written to the bottle's definition", approval: { scope: "manifest" } },
];
