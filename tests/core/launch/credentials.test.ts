import { expect, test } from "vitest";

import { credentialLines, credentialRecord, credentialWarnings } from "#core/launch/credentials.ts";
import type { HostCredential } from "#domain/provider/credential.ts";

const NOW = new Date("2030-01-01T12:00:00.000Z");
const VALUE = "the-value-itself";
const credential = (minutes: number | undefined): HostCredential => ({
  variable: "HOST_TOKEN",
  value: VALUE,
  source: "/home/me/.codex/auth.json",
  expiresAt: minutes === undefined ? undefined : new Date(NOW.getTime() + minutes * 60_000),
  renew: "run `codex login --device-auth`.",
});

test("the preflight says where a credential is from and until when it is good", () => {
  const text = (minutes: number | undefined) => credentialLines([credential(minutes)], NOW)[0]?.text;
  expect(text(undefined)).toBe("/home/me/.codex/auth.json");
  expect(text(600)).toBe("/home/me/.codex/auth.json, good until 2030-01-01T22:00:00.000Z");
  expect(text(9)).toBe("/home/me/.codex/auth.json expires in 9 min; run `codex login --device-auth`.");
});

test("a launch is warned of one that ends within ten minutes, with how to renew it", () => {
  expect(credentialWarnings([credential(11), credential(undefined)], NOW)).toEqual([]);
  expect(credentialWarnings([credential(10)], NOW)).toEqual([
    "the credential of /home/me/.codex/auth.json expires in 10 min; run `codex login --device-auth`.",
  ]);
});

test("what the fleet may show of it has no value", () => {
  const slots = [{ slot: "EGRESS_TOKEN_0", variable: "HOST_TOKEN", hosts: ["chatgpt.com"] }];
  const record = credentialRecord([credential(5)], slots);
  expect(record.credentials[0]).toMatchObject({ expires_at: "2030-01-01T12:05:00.000Z", hosts: ["chatgpt.com"] });
  expect(
    JSON.stringify([record, credentialLines([credential(5)], NOW), credentialWarnings([credential(5)], NOW)]),
  ).not.toContain(VALUE);
});
