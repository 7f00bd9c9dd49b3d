// Credentials that a provider read on this machine: their values for the egress proxy, and what the fleet may show of them.

import type { Slot } from "#domain/definition/slots.ts";
import { type Credential, credentialWords, launchWarning } from "#domain/fleet/credential-words.ts";
import { plainLine } from "#domain/plain-text.ts";
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
    slots: Object.fromEntries(slots.map(({ slot, variable }) => [slot, variable])),
  };
}

/** For the preflight: where each is from, and until when it is good. */
export function credentialLines(credentials: readonly HostCredential[], now: Date): { label: string; text: string }[] {
  return credentials.map((credential) => {
    const shown = asShown(credential);
    const text = shown === undefined ? credential.source : credentialWords(shown, now);
    return { label: "credential", text: plainLine(text) };
  });
}

/** Of those that expire before a launch gets anything done. */
export function credentialWarnings(credentials: readonly HostCredential[], now: Date): string[] {
  return credentials.flatMap((credential) => {
    const shown = asShown(credential);
    const warning = shown === undefined ? undefined : launchWarning(shown, now);
    return warning === undefined ? [] : [plainLine(warning)];
  });
}

/** Undefined where nobody knows until when it is good. */
function asShown({ source, expiresAt, renew }: HostCredential): Credential | undefined {
  return expiresAt === undefined ? undefined : { source, expires_at: expiresAt.toISOString(), renew };
}
