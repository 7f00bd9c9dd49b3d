// One request through the inspection, without a proxy around it: what would leave, and what was told of it.

import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";

import type { EgressFinding } from "#domain/egress/control.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import type { DlpMatchPayload } from "#domain/proposal/proposal.ts";
import type { OwnSecret } from "#domain/secrets/scanner.ts";
import type { HeldFinding } from "#sidecars/egress/asking/hold-finding.ts";
import type { HoldEnd } from "#sidecars/egress/asking/hold.ts";
import { type ExchangeInspection, InspectionRefused } from "#sidecars/egress/inspection/inspection.ts";
import { openInspection } from "#sidecars/egress/inspection/open-inspection.ts";
import type { Masking } from "#sidecars/egress/inspection/shown.ts";
import type { Refusal } from "#sidecars/egress/policy/refusal.ts";

import { routeTo, tableOf } from "./proxy.ts";

export interface Bench {
  request(ask?: AskedRequest): InspectedRequest;
  readonly table: RouteTable;
  readonly findings: EgressFinding[];
  readonly audited: string[];
  readonly asked: HeldFinding[];
  readonly consumed: string[];
  readonly alarms: DlpMatchPayload[];
  /** How a held finding ends; refused unless the test says otherwise. */
  answer: (finding: HeldFinding, allowed: () => boolean) => Promise<HoldEnd>;
  /** What `uses.consume` rejects with. */
  full: Error | undefined;
  remove(): Promise<void>;
}

export interface AskedRequest {
  readonly forward?: string;
  readonly headers?: readonly string[];
  readonly body?: Readable | readonly Buffer[] | Buffer | string;
}

export interface InspectedRequest {
  readonly inspection: ExchangeInspection;
  /** What left: the refusal, or the request as it goes upstream, its body read to the end. */
  sent(): Promise<Sent>;
}

export type Sent =
  | { readonly ok: true; readonly forward: string; readonly headers: readonly string[]; readonly body: Buffer }
  /** `gone` had left before it was refused. */
  | { readonly ok: false; readonly refusal: Refusal; readonly gone: Buffer };

export function bench(
  mode: "supervise" | "redact" | "block",
  own: readonly OwnSecret[],
  fingerprintKey?: string,
): Bench {
  const folder = mkdtempSync(join(tmpdir(), "inspection-test-"));
  const used = new Set<string>();
  const made: Bench = {
    table: tableOf({ dlp_exceptions: [] }),
    findings: [],
    audited: [],
    asked: [],
    consumed: [],
    alarms: [],
    answer: async () => ({ end: "refused", refusal: { status: 403, code: "rejected", rule: "test", reason: "no" } }),
    full: undefined,
    request(ask = {}) {
      const exchange = inspection.exchange(inspected(ask, made, mode, inspection.masking() as Masking));
      return { inspection: exchange, sent: () => send(exchange, ask) };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  const inspection = openInspection({
    own,
    table: () => made.table,
    fingerprintKey: fingerprintKey ?? join(folder, "egress", "fingerprint.key"),
    problem: () => {},
    audit: { note: (_action, _about, detail) => void made.audited.push(detail), flush: async () => {} },
    alarm: { raise: (found) => void made.alarms.push(found) },
    uses: {
      used: () => used,
      async consume(decision) {
        if (made.full !== undefined) throw made.full;
        used.add(decision);
        made.consumed.push(decision);
      },
      note: () => {},
      flush: async () => {},
    },
    holds: {
      hold: () => Promise.reject(new Error("not asked here")),
      async holdFinding(finding, allowed) {
        made.asked.push(finding);
        return await made.answer(finding, allowed);
      },
      recheck: () => {},
    },
  });
  return made;
}

function inspected(
  { forward = "/" }: AskedRequest,
  made: Bench,
  mode: "supervise" | "redact" | "block",
  masking: Masking,
) {
  const route: TableRoute = routeTo("api.example.com", { dlp: { outbound_on_match: mode } });
  const path = decodeURI(forward.split("?", 1)[0] ?? "/");
  return {
    request: {
      scheme: "https" as const,
      host: "api.example.com",
      isAddress: false,
      port: 443,
      method: "POST",
      path,
      forward,
    },
    route,
    credential: [],
    gone: new AbortController().signal,
    found: (finding: EgressFinding) => void made.findings.push(finding),
    shownPath: masking.text(path),
    held: () => {},
  };
}

async function send(exchange: ExchangeInspection, { headers = [], body }: AskedRequest): Promise<Sent> {
  const outbound = await exchange.outbound(headers, streamOf(body));
  if (!outbound.ok) return { ok: false, refusal: outbound.refusal, gone: Buffer.alloc(0) };
  const left: Buffer[] = [];
  try {
    if (Buffer.isBuffer(outbound.body)) left.push(outbound.body);
    else for await (const chunk of outbound.body ?? []) left.push(chunk as Buffer);
    return { ok: true, forward: outbound.forward, headers: outbound.headers, body: Buffer.concat(left) };
  } catch (error) {
    if (!(error instanceof InspectionRefused)) throw error;
    return { ok: false, refusal: error.refusal, gone: Buffer.concat(left) };
  }
}

function streamOf(body: AskedRequest["body"]): Readable | undefined {
  if (body === undefined || body instanceof Readable) return body;
  const chunks = typeof body === "string" || Buffer.isBuffer(body) ? [Buffer.from(body)] : body;
  return Readable.from(chunks, { objectMode: false });
}
