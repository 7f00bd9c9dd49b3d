// Cloud providers and their metadata services.

import type { SecretRule } from "../rule.ts";

export const cloudRules: readonly SecretRule[] = [
  {
    id: "aws-access-key-id",
    title: "AWS access key id",
    patterns: ["AKIA[A-Z2-7]{16}", "ASIA[A-Z2-7]{16}"],
    notAfter: "[A-Za-z0-9+/]",
    notBefore: "[A-Za-z0-9+/]",
    accept: (value) => !value.endsWith("EXAMPLE"),
  },
  { id: "gcp-api-key", title: "Google API key", patterns: ["AIza[A-Za-z0-9_-]{35}"], notBefore: "[A-Za-z0-9_-]" },
];
