// Credentials that a provider read on this machine: their values for the egress proxy, and what the fleet may show of them.

import type { Slot } from "#domain/definition/slots.ts";
import type { CredentialRecord, HostCredential } from "#domain/provider/credential.ts";

/** By the name that routes call them by. */
export function valuesOf(credentials: readonly HostCredential[]): Record<string, string> {
  return Object.fromEntries(credentials.map(({ variable, value }) => [variable, value]));
}

/** Without values. */
export function credentialRecord(credentials: readonly HostCredential[], slots: readonly Slot[]): CredentialRecord {
  return {
    version: 1,
    credentials: credentials.map(({ variable, source, expiresAt, renew }) => ({
      variable,
      source,
      expires_at: expiresAt?.toISOString() ?? null,
      renew,
      hosts: [...(slots.find((slot) => slot.variable === variable)?.hosts ?? [])],
    })),
  };
}
