// All rules, in the order in which they are told when two say the same.

import type { SecretRule } from "../rule.ts";
import { assignmentRules } from "./assignments.ts";
import { cloudRules } from "./cloud.ts";
import { hostingRules } from "./hosting.ts";
import { messagingRules } from "./messaging.ts";
import { modelRules } from "./models.ts";
import { paymentRules } from "./payments.ts";
import { privateKeyRules } from "./private-keys.ts";
import { serviceRules } from "./services.ts";
import { sourceControlRules } from "./source-control.ts";
import { tokenRules } from "./tokens.ts";
import { walletRules } from "./wallets.ts";

export const secretRules: readonly SecretRule[] = [
  ...sourceControlRules,
  ...cloudRules,
  ...hostingRules,
  ...modelRules,
  ...messagingRules,
  ...paymentRules,
  ...serviceRules,
  ...privateKeyRules,
  ...tokenRules,
  ...walletRules,
  ...assignmentRules,
];

/** For people: what a finding's rule means, own secrets included. */
export function titleOf(rule: string): string {
  if (rule === "canary") return "the bottle's canary";
  if (rule.startsWith("own:")) return `the bottle's own secret ${rule.slice("own:".length)}`;
  return secretRules.find(({ id }) => id === rule)?.title ?? rule;
}
