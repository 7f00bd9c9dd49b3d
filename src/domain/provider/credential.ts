// A credential that a provider found on the operator's machine. Its value goes to the egress proxy and nowhere else.

import * as z from "zod";

export interface HostCredential {
  /** The name that routes call it by: `token_ref`. */
  readonly variable: string;
  /** Never printed, never written. */
  readonly value: string;
  /** Where it was read: a path or a variable, for people. */
  readonly source: string;
  /** When it stops working, where that is known. */
  readonly expiresAt: Date | undefined;
  /** How to get a new one: one sentence. */
  readonly renew: string;
}

/** `state/<slug>/credentials.json`: what the fleet shows of them; no values. */
export const CredentialRecord = z.strictObject({
  version: z.literal(1),
  credentials: z.array(
    z.strictObject({
      variable: z.string(),
      source: z.string(),
      /** Null: not known. */
      expires_at: z.iso.datetime().nullable(),
      renew: z.string(),
      hosts: z.array(z.string()),
    }),
  ),
  /** Slots of the proxy, those of the definition's own routes as well: the operator's variable of each. A definition may change. */
  slots: z.record(z.string(), z.string()).optional(),
});
export type CredentialRecord = z.infer<typeof CredentialRecord>;
