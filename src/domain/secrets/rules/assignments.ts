// Names that announce a secret, and a value behind them that a machine has drawn: likely, not certain.

import { isPasswordPlaceholder, isPlaceholder } from "../checks/placeholder.ts";
import { entropy, hasDigitAndLetter } from "../checks/randomness.ts";
import type { SecretRule } from "../rule.ts";
import { assigned } from "./writing.ts";

const NAMES = [
  "secret",
  "token",
  "password",
  "passwd",
  "api-key",
  "apikey",
  "access_key",
  "private_key",
  "credential",
  "auth_key",
];
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export const assignmentRules: readonly SecretRule[] = [
  {
    id: "high-entropy-assignment",
    title: "value that looks like a secret",
    severity: "warn",
    patterns: assigned(NAMES, "[A-Za-z0-9+/_.~!@#$%^&*-][A-Za-z0-9+/=_.~!@#$%^&*-]{15,127}"),
    accept: looksDrawn,
  },
  {
    id: "bearer-token",
    title: "bearer token",
    severity: "warn",
    patterns: [
      "[bB]earer ([A-Za-z0-9+/=_.~-]{20,256})",
      "[aA]uthorization\\\\?[\"']?\\s?[:=]\\s?\\\\?[\"']?[bB]asic ([A-Za-z0-9+/=]{16,256})",
    ],
    accept: looksDrawn,
  },
];

function looksDrawn(value: string): boolean {
  return (
    hasDigitAndLetter(value) &&
    entropy(value) > 3.5 &&
    !UUID.test(value) &&
    !/^sha(?:1|256|384|512)-/.test(value) &&
    // Dotted names and calls are code.
    !/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/.test(value) &&
    !isPlaceholder(value) &&
    !isPasswordPlaceholder(value)
  );
}
