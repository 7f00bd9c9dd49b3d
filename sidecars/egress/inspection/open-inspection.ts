// Puts the inspection of one bottle's traffic together. It is loaded after the proxy listens: the rules are many.

import { createSecretScanner } from "#domain/secrets/create-scanner.ts";
import type { OwnSecret } from "#domain/secrets/scanner.ts";

import type { SettlingDeps } from "./outbound/settle.ts";
import { openInbound } from "./inbound/open-inbound.ts";
import type { Inspection } from "./inspection.ts";
import { openMasking } from "./masking.ts";
import { openFingerprints } from "./outbound/fingerprint.ts";
import { openOutbound } from "./outbound/open-outbound.ts";

export interface InspectionDeps extends Omit<SettlingDeps, "fingerprints"> {
  /** What `ownSecrets` gives. */
  readonly own: readonly OwnSecret[];
  /** Where the key of fingerprints is, or will be. */
  readonly fingerprintKey: string;
  readonly problem: (message: string) => void;
}

/** Throws when the rules cannot be put together: whoever loads it refuses every request then. */
export function openInspection({ own, fingerprintKey, problem, ...deps }: InspectionDeps): Inspection {
  const scanner = createSecretScanner({ own });
  for (const rule of scanner.ignored) problem(`${rule} is too short to be looked for in what leaves`);
  const masking = openMasking(scanner, own);
  const outboundOf = openOutbound({ ...deps, scanner, masking, fingerprints: openFingerprints(fingerprintKey) });
  return {
    masking: () => masking,
    exchange(about) {
      const leaving = outboundOf(about);
      const coming = openInbound(about);
      return {
        outbound: leaving.outbound,
        inbound: coming.inbound,
        message: async (direction, data, isBinary) =>
          direction === "outbound" ? await leaving.message(data) : coming.message(data, isBinary),
      };
    },
  };
}
