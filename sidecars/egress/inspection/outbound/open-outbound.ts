// What leaves: the head is looked at whole, and so is a body that is small and comes soon; a longer or slower one is
// looked at as it passes. Nothing of a request has gone before its head and all of a held body were decided on.

import type { Readable } from "node:stream";

import { CANARY_RULE } from "#domain/proposal/approved-exception.ts";
import type { SecretScanner } from "#domain/secrets/scanner.ts";

import type { Refusal } from "../../policy/refusal.ts";
import type { Inspected, MessageVerdict, Outbound } from "../inspection.ts";

import { secretInHost } from "../secret-in-host.ts";
import { hostsOf, type Masking } from "../shown.ts";
import { BodyBroken, BodyReader, collect } from "./body-reader.ts";
import { AWS_CHUNKED, codingsOf } from "./content-coding.ts";
import type { Found } from "./finding.ts";
import { type Head, openHeadScanner, redactHead } from "./head.ts";
import { type HeldBody, lookAtHeldBody } from "./held-body.ts";
import { openMessages } from "./messages.ts";
import { isForm } from "./place-in-body.ts";
import { openSettlement, type Settlement, type SettlingDeps } from "./settle.ts";
import { streamBody } from "./stream-body.ts";

export interface OutboundDeps extends SettlingDeps {
  readonly scanner: SecretScanner;
  readonly masking: Masking;
}

export interface OutboundInspection {
  outbound(headers: readonly string[], body: Readable | undefined): Outbound | Promise<Outbound>;
  message(data: Buffer): Promise<MessageVerdict>;
}

/** A body up to so long is held whole, so that nothing has left when something is found. */
const MOST_HELD_BYTES = 1024 * 1024;
/** Of all bodies together; when there are more, they are looked at as they pass. */
const MOST_HELD_IN_ALL = 48 * 1024 * 1024;
/** How long a body may take to come of which nobody knows how long it is. */
const PATIENCE_MS = 1000;

export function openOutbound(deps: OutboundDeps): (about: Inspected) => OutboundInspection {
  const heads = openHeadScanner(deps.scanner);
  let heldInAll = 0;

  const outboundOf = (about: Inspected, settlement: Settlement) => {
    const withBody = async (head: Head, inHead: readonly Found[], reader: BodyReader): Promise<Outbound> => {
      const contentType = headerOf(head.headers, "content-type") ?? "";
      const codings = codingsOf(headerOf(head.headers, "content-encoding"));
      if ("unknown" in codings)
        return refused(settlement.refuseUnscanned("body", `its Content-Encoding is ${codings.unknown.slice(0, 40)}`));
      let held = 0;
      const takes = (bytes: number): boolean => {
        held += bytes;
        heldInAll += bytes;
        return held <= MOST_HELD_BYTES && heldInAll <= MOST_HELD_IN_ALL;
      };
      try {
        const { whole, chunks } = await collect(reader, patienceFor(about.length, contentType), takes);
        if (whole) return await sendHeld(head, inHead, { bytes: joined(chunks), contentType, codings });
        // What several decoders keep for themselves cannot be told: it could not be said what may go.
        if (codings.filter((coding) => coding !== AWS_CHUNKED).length > 1)
          return refused(settlement.refuseUnscanned("body", "it is long, and compressed more than once"));
        const settled = await settlement.settle(inHead);
        if (!settled.ok) return refused(settled.refusal);
        const options = { plus: isForm(contentType), quoted: isMultipart(contentType) };
        const body = streamBody({ reader, chunks, codings, options, scanner: deps.scanner, settlement });
        return { ok: true, ...redactHead(head, settled.replace), body };
      } finally {
        heldInAll -= held;
      }
    };
    const sendHeld = async (head: Head, inHead: readonly Found[], held: HeldBody): Promise<Outbound> => {
      const look = await lookAtHeldBody(deps.scanner, held);
      if (look.unscanned !== undefined) return refused(settlement.refuseUnscanned("body", look.unscanned));
      const settled = await settlement.settle([...inHead, ...look.found]);
      if (!settled.ok) return refused(settled.refusal);
      const { replace } = settled;
      if (replace.length === 0) return { ok: true, ...head, body: held.bytes };
      return { ok: true, ...redactHead(head, replace), body: look.without(replace) };
    };
    const settleHead = async (head: Head, inHead: readonly Found[]): Promise<Outbound> => {
      const settled = await settlement.settle(inHead);
      if (!settled.ok) return refused(settled.refusal);
      return { ok: true, ...redactHead(head, settled.replace), body: undefined };
    };
    return { withBody, settleHead };
  };

  return (about) => {
    const settlement = openSettlement(about, deps);
    const messages = openMessages(deps.scanner, settlement);
    return {
      outbound(headers, body) {
        const inHost = hostRefusal(about, deps);
        if (inHost !== undefined) return refused(inHost);
        const head: Head = { forward: about.request.forward, headers };
        const { found, unscanned } = heads.scan(head);
        if (unscanned !== undefined) return refused(settlement.refuseUnscanned("head", unscanned));
        if (body === undefined && found.length === 0) return { ok: true, ...head, body };
        const { withBody, settleHead } = outboundOf(about, settlement);
        if (body === undefined) return settleHead(head, found);
        return withBody(head, found, new BodyReader(body)).catch((error: unknown) => failed(error));
      },
      message: messages.outbound,
    };
  };
}

/** Bodies that are conversations: what they say first must go before they end. */
const STAYS_OPEN = /^application\/grpc|^application\/connect\+/i;

function patienceFor(length: number | undefined, contentType: string): number {
  if (length !== undefined) return length <= MOST_HELD_BYTES ? Infinity : 0;
  return STAYS_OPEN.test(contentType) ? 0 : PATIENCE_MS;
}

function isMultipart(contentType: string): boolean {
  return /^multipart\//i.test(contentType);
}

function headerOf(headers: readonly string[], name: string): string | undefined {
  const values: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === name) values.push(headers[index + 1] ?? "");
  }
  return values.length === 0 ? undefined : values.join(",");
}

function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function hostRefusal({ request, route, found }: Inspected, { masking, audit }: OutboundDeps): Refusal | undefined {
  const spelled = hostsOf(request);
  const secret = secretInHost(request.host, spelled, route, masking);
  if (secret === undefined) return undefined;
  const { rule, refusal } = secret;
  if (rule !== undefined) found({ rule, direction: "outbound", where: "host name", action: "blocked" });
  if (rule === CANARY_RULE) {
    const host = masking.host(request.host, spelled);
    audit.note("dlp-match", `canary: ${host}`, `CANARY: ${host}: what only a thief would send was in the host name`);
  }
  return refusal;
}

function refused(refusal: Refusal): Outbound {
  return { ok: false, refusal };
}

/** Fail closed: what the scan itself fails on does not go out. */
function failed(error: unknown): Outbound {
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof BodyBroken)
    return refused({ status: 400, code: "bad_request", rule: "whole body", reason: why });
  return refused({
    status: 403,
    code: "cannot_scan",
    rule: "secret scanning",
    reason: `the body cannot be scanned for secrets: ${why}`,
  });
}
