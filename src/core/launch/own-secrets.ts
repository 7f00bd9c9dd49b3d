// The bottle's own secrets as the egress proxy must know them, so that they do not leave: what the operator answered, what
// came from the operator's environment and is called like a secret, and a canary that is planted to be stolen.

import { randomInt } from "node:crypto";

import type { GuestFile } from "#contracts/backend.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { type EnvValues, own } from "#domain/definition/environment.ts";

const PREFIX = "EGRESS_SECRET_";
const CANARY = "EGRESS_SECRET_CANARY";
/** An honest-looking name: who searches an environment for something worth having finds it. */
const CANARY_VARIABLE = "BOTTLE_SERVICE_TOKEN";
const CANARY_FILE = `${INSIDE.home}/.config/bottle/service.env`;
const SECRET_NAME = /TOKEN|KEY|SECRET|PASSWORD|PASSWD|CREDENTIAL/i;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Nobody has a use for it: whoever sends it was told to, or reads what it should not. */
export interface Canary {
  /** For the agent. */
  readonly env: Readonly<Record<string, string>>;
  readonly file: GuestFile;
  /** For the egress proxy alone. */
  readonly secret: Readonly<Record<string, string>>;
  /** For the preflight; never the value. */
  readonly text: string;
}

/** A new one at each launch and each resume. */
export function newCanary(): Canary {
  const value = `bsk_live_${Array.from({ length: 40 }, () => LETTERS[randomInt(LETTERS.length)]).join("")}`;
  return {
    env: { [CANARY_VARIABLE]: value },
    file: { path: CANARY_FILE, content: `${CANARY_VARIABLE}=${value}\n`, mode: 0o600 },
    secret: { [CANARY]: value },
    text: `planted as $${CANARY_VARIABLE} and in ${CANARY_FILE}: whoever sends it is stopped`,
  };
}

/** Of the definition's variables: the answers to `?prompt`, and the operator's own where a name looks secret. */
export function agentSecrets(values: EnvValues, env: Readonly<Record<string, string>>): Record<string, string> {
  const secrets: Record<string, string> = {};
  for (const [name, wanted] of Object.entries(values)) {
    const value = own(env, name);
    const isSecret =
      wanted.kind === "prompt" || (wanted.kind === "host" && SECRET_NAME.test(`${name} ${wanted.variable}`));
    if (isSecret && value !== undefined && value !== "") secrets[slotOf(name)] = value;
  }
  return secrets;
}

/** A variable may be called CANARY. */
function slotOf(name: string): string {
  const slot = `${PREFIX}${name.toUpperCase()}`;
  return slot === CANARY ? `${slot}_VARIABLE` : slot;
}
