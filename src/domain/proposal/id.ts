// Proposal ids: milliseconds since 1970 in base 36, then a random tail, so that ids sort by time and are short to type.

import { BottleError } from "#domain/bottle-error.ts";

import { PROPOSAL_ID } from "./proposal.ts";

const TIME_DIGITS = 9;
const ALPHABET = "abcdefghjkmnpqrstuvwxyz023456789"; // 32 signs; no i, l, o or 1, which look alike

/** `random` are at least 5 bytes; the low 5 bits of each pick one sign. */
export function newProposalId(now: Date, random: Uint8Array): string {
  const time = now.getTime().toString(36).padStart(TIME_DIGITS, "0");
  return `${time}-${Array.from(random.subarray(0, 5), (byte) => ALPHABET[byte % ALPHABET.length]).join("")}`;
}

/** When an id of ours was made; undefined for an id of another maker. */
export function proposalTime(id: string): Date | undefined {
  if (!/^[0-9a-z]{9}-/.test(id)) return undefined;
  const time = new Date(Number.parseInt(id.slice(0, TIME_DIGITS), 36));
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** `text` when it can be a proposal's id; throws `invalid` for anything with a path character or a dot. */
export function parseProposalId(text: string): string {
  if (PROPOSAL_ID.test(text)) return text;
  throw new BottleError("invalid", `${JSON.stringify(text)} is not the id of a proposal`, {
    hint: "an id has only letters, digits and - (see `bottle-dash proposals`)",
  });
}
