// All rules, in the order in which they are told when two say the same.

import type { SecretRule } from "../rule.ts";
import { cloudRules } from "./cloud.ts";
import { sourceControlRules } from "./source-control.ts";
import { serviceRules } from "./services.ts";

export const secretRules: readonly SecretRule[] = [...sourceControlRules, ...cloudRules, ...serviceRules];

/** For people: what a finding's rule means, own secrets included. */
export function titleOf(rule: string): string {
  if (rule === "canary") return "the bottle's canary";
  if (rule.startsWith("own:")) return `the bottle's own secret ${rule.slice("own:".length)}`;
  return secretRules.find(({ id }) => id === rule)?.title ?? rule;
}
