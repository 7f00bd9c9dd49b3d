// What an agent says in a proposal, and what the operator and the disk get of it.

import { expect, test } from "vitest";

import { withoutSecrets } from "#sidecars/supervise/without-secrets.ts";

const redact = (text: string): string => text.replaceAll("s3cret-value", "[redacted S]");

test("a secret in a justification, a question and its options is taken out, and what is asked for stays", () => {
  const host = { host: "s3cret-value.example.com", tls_passthrough: false };
  const route = { kind: "egress-block", origin: "mcp", justification: "with s3cret-value", payload: host } as const;
  expect(withoutSecrets(route, redact)).toEqual({ ...route, justification: "with [redacted S]" });
  const payload = { text: "may I use s3cret-value?", options: ["yes", "no, not s3cret-value"] };
  const question = { kind: "question", origin: "mcp", justification: "", payload } as const;
  expect(withoutSecrets(question, redact)).toEqual({
    ...question,
    payload: { text: "may I use [redacted S]?", options: ["yes", "no, not [redacted S]"] },
  });
});
