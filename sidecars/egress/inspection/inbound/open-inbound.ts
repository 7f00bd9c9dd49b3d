// What comes back to the agent: decides from an answer's head whether its body is looked at, and with what. Credentials that
// come back are masked on every route that sends one; prompt injection is looked for in text unless the route says `off`.

import { createInjectionScanner } from "#domain/injection/create-scanner.ts";
import type { InjectionScanner } from "#domain/injection/scanner.ts";

import type { Refusal } from "../../policy/refusal.ts";
import type { BodyFilter, Inbound, Inspected, MessageVerdict } from "../inspection.ts";
import { maskerOf, type Masker } from "../echo/masker.ts";
import { type AnswerBody, decodedHeaders, readAnswerBody } from "./answer-body.ts";
import { canDecode, undecodable } from "./decode.ts";
import { filtered, inTurn } from "./filters.ts";
import { HELD_BYTES, holdWhole } from "./hold-whole.ts";
import { partsOfCredential } from "./parts-of-credential.ts";
import { blockFilter, NOT_SCANNED, warnFilter } from "./scan-filter.ts";
import { watched } from "./watch.ts";

export type InboundAbout = Pick<Inspected, "request" | "route" | "credential" | "found">;

export interface AnswerHead {
  readonly status: number;
  readonly headers: readonly string[];
  readonly method: string;
}

/** The inbound half of one exchange's inspection. */
export interface InboundInspection {
  inbound(answer: AnswerHead): Inbound;
  message(data: Buffer, isBinary: boolean): MessageVerdict;
}

/** The rules that are no injection. */
const ECHO = "credential-echo";
const NOT_DECODED = "not-decoded";

export function openInbound(about: InboundAbout): InboundInspection {
  const masker = maskerOf(partsOfCredential(about.credential, about.route));
  const policy = about.route.dlp?.inbound ?? "warn";
  const say = teller(about.found);
  return {
    inbound(answer) {
      const headers = masker?.headers(answer.headers) ?? answer.headers;
      if (headers !== answer.headers) say(ECHO, "a header of the answer", "masked");
      const trailers = masker === undefined ? {} : { trailers: maskTrailers(masker, say) };
      const body = readAnswerBody(answer);
      const scans = policy !== "off" && body.isText;
      if (!body.exists || (masker === undefined && !scans)) return { headers, ...trailers };
      const how: BodyWork = { headers, body, masker, policy: scans ? policy : "off", say };
      return { ...bodyWork(how), ...trailers };
    },
    message(data, isBinary) {
      const masked = masker?.whole(data) ?? data;
      if (masked !== data) say(ECHO, "a WebSocket message", "masked");
      const refusal = policy === "off" || isBinary ? undefined : scanMessage(masked, policy, say);
      return refusal === undefined ? { ok: true, data: masked } : { ok: false, refusal };
    },
  };
}

type Say = (rule: string, where: string, action: "warned" | "masked" | "blocked") => void;

/** Each rule is told once in an exchange, however often it is found. */
function teller(found: InboundAbout["found"]): Say {
  const told = new Set<string>();
  return (rule, where, action) => {
    const key = `${action} ${rule}`;
    if (told.has(key)) return;
    told.add(key);
    found({ rule, direction: "inbound", where, action });
  };
}

interface BodyWork {
  readonly headers: readonly string[];
  readonly body: AnswerBody;
  readonly masker: Masker | undefined;
  readonly policy: "warn" | "block" | "off";
  readonly say: Say;
}

/**
 * A part of something (206) is looked at as if it were whole: what begins in one part and ends in the next is not found, and a
 * part of something encoded cannot be decoded at all.
 */
function bodyWork(how: BodyWork): Inbound {
  const { headers, body, masker, policy, say } = how;
  const isEncoded = body.encodings.length > 0;
  if (isEncoded && (body.isPartial || !canDecode(body.encodings))) {
    const why = body.isPartial ? "it is a part of something encoded" : `it is ${body.encodings.join(", ")}`;
    if (masker !== undefined || policy === "block") return { headers, refusal: undecodable(why) };
    say(NOT_DECODED, `body, ${body.encodings.join(" within ")}`, "warned");
    return { headers };
  }
  if (policy === "block") return blocking(how);
  // Nothing changes where there is no credential: what is encoded goes on as it came, and is decoded beside it.
  if (masker === undefined && isEncoded) {
    return { headers, through: (answer) => watched(answer, body.encodings, scanning(how), () => noted(how)) };
  }
  const through: Inbound["through"] = (answer) => filtered(answer, body.encodings, changing(how));
  if (isEncoded) return { headers: decodedHeaders(headers), through };
  return { headers, through, filter: () => changing(how) };
}

function noted({ body, say }: BodyWork): void {
  say(NOT_DECODED, whereIn(body), "warned");
}

function blocking(how: BodyWork): Inbound {
  const { headers, body } = how;
  const isEncoded = body.encodings.length > 0;
  const open = isEncoded ? decodedHeaders(headers) : headers;
  const canHold = body.boundary === "none" && (body.length === undefined || body.length <= HELD_BYTES);
  if (!canHold) {
    return { headers: open, through: (answer) => filtered(answer, body.encodings, changing(how)) };
  }
  return { headers: open, hold: (answer) => holdWhole(answer, body.encodings, open, () => changing(how)) };
}

/** Masking first: the scan then reads what the agent would. */
function changing(how: BodyWork): BodyFilter {
  const { masker, policy } = how;
  return inTurn([
    ...(masker === undefined ? [] : [maskFilter(masker, how)]),
    ...(policy === "off" ? [] : [scanning(how)]),
  ]);
}

function maskFilter(masker: Masker, { body, say }: BodyWork): BodyFilter {
  const stream = masker.stream();
  const told = (data: Buffer): Buffer => {
    if (stream.masked) say(ECHO, whereIn(body), "masked");
    return data;
  };
  return { push: (piece) => told(stream.push(piece)), end: () => told(stream.end()) };
}

function scanning({ body, policy, say }: BodyWork): BodyFilter {
  const where = whereIn(body);
  if (policy !== "block") return warnFilter(scanner(), (rule) => say(rule, where, "warned"));
  return blockFilter(scanner(), body.boundary, (rule) => {
    say(rule, where, "blocked");
    return injectionFound(rule, where);
  });
}

let made: InjectionScanner | undefined;

function scanner(): InjectionScanner {
  made ??= createInjectionScanner();
  return made;
}

function scanMessage(data: Buffer, policy: "warn" | "block", say: Say): Refusal | undefined {
  const where = "a WebSocket message";
  const { matches, exhausted } = scanner().scan(data);
  const rules = [...matches.map(({ rule }) => rule), ...(exhausted ? [NOT_SCANNED] : [])];
  for (const rule of rules) say(rule, where, policy === "block" ? "blocked" : "warned");
  const [first] = rules;
  return policy === "block" && first !== undefined ? injectionFound(first, where) : undefined;
}

function maskTrailers(masker: Masker, say: Say): NonNullable<Inbound["trailers"]> {
  return (trailers) => {
    const masked = masker.headers(trailers);
    if (masked !== trailers) say(ECHO, "a trailer of the answer", "masked");
    return masked;
  };
}

function whereIn({ encodings, boundary }: AnswerBody): string {
  const what = boundary === "event" ? "event stream" : "body";
  return encodings.length === 0
    ? `${what} of the answer`
    : `${what} of the answer, within ${encodings.join(" within ")}`;
}

function injectionFound(rule: string, where: string): Refusal {
  return {
    status: 502,
    code: "injection_found",
    rule,
    reason:
      rule === NOT_SCANNED
        ? `the ${where} could not be searched for prompt injection in bounded time`
        : `the ${where} holds text that gives an agent orders (${rule}); the route's dlp.inbound is block`,
  };
}
