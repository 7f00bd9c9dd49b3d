// What the route that decided brings with it: credential, limits, addresses and scanning.

import { coversHost } from "#domain/egress/covers.ts";
import type { VerdictStep } from "#domain/egress/control.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";

import type { Limits } from "../limits/limits.ts";
import { credentialFor, type Slots } from "../policy/headers.ts";

/** Slot and scheme, never the value. */
export function credentialStep(route: TableRoute, slots: Slots, scheme: "http" | "https"): VerdictStep {
  const step = "credential";
  if (route.auth === undefined)
    return { step, state: "note", detail: "none is added; credentials of the client's own are taken out" };
  const { scheme: way, slot } = route.auth;
  const credential = credentialFor(route, slots);
  if (credential.state === "missing") {
    const detail = slots.has(slot)
      ? `the slot ${slot} holds what cannot be sent in a header`
      : `the slot ${slot} is empty: the operator must start the bottle with its token`;
    return { step, state: "no", detail };
  }
  if (scheme === "http") return { step, state: "note", detail: "never over plain HTTP" };
  return { step, state: "ok", detail: `${way} from the slot ${slot} is added; the client's own is taken out` };
}

export function limitSteps(route: TableRoute, limits: Pick<Limits, "explain">): VerdictStep[] {
  const { refusal, details } = limits.explain(route);
  const step = "limits";
  if (refusal !== undefined) return [{ step, state: "no", detail: refusal.reason }];
  return [{ step, state: "ok", detail: details.length === 0 ? "none are set" : details.join("; ") }];
}

export function addressStep(host: string, route: TableRoute, { hosts }: RouteTable): VerdictStep {
  const step = "address";
  const pinned = hosts[host];
  if (pinned !== undefined)
    return { step, state: "ok", detail: `pinned to ${pinned} by the operator, who vouches for it` };
  const listed = route.pipelock?.ssrf_ip_allowlist ?? [];
  const also = listed.length === 0 ? "" : `, or in ${listed.join(", ")}`;
  return {
    step,
    state: "note",
    detail: `every address of ${host} must be public${also}; nothing was resolved for this test`,
  };
}

export function scanSteps({ dlp }: TableRoute): VerdictStep[] {
  const outbound = {
    supervise: "a known secret in the request is put before the operator while the client waits",
    redact: "a known secret in the request is replaced by stars",
    block: "a known secret in the request is refused",
  }[dlp?.outbound_on_match ?? "supervise"];
  const inbound = {
    warn: "prompt injection in the answer is noted",
    block: "an answer with prompt injection is refused",
    off: "the answer is not searched for prompt injection; an echo of the credential is masked all the same",
  }[dlp?.inbound ?? "warn"];
  return [
    {
      step: "scan",
      state: "note",
      detail: `${outbound} (outbound_on_match: ${dlp?.outbound_on_match ?? "supervise"})`,
    },
    { step: "scan", state: "note", detail: `${inbound} (inbound: ${dlp?.inbound ?? "warn"})` },
  ];
}

export function exceptionStep(
  host: string,
  { table, used, now }: { readonly table: RouteTable; readonly used: ReadonlySet<string>; readonly now: Date },
): VerdictStep[] {
  const live = (table.dlp_exceptions ?? []).filter(
    (one) =>
      coversHost(one.host, host) &&
      (one.expires_at === undefined || new Date(one.expires_at) > now) &&
      !(one.once === true && used.has(one.decision)),
  );
  if (live.length === 0) return [];
  const each = live.map(
    ({ rule, fingerprint }) => `${rule} (${fingerprint === undefined ? "every value" : "one value"})`,
  );
  const rules = [...new Set(each)].join(", ");
  return [{ step: "scan", state: "note", detail: `approved findings go through here: ${rules}` }];
}
