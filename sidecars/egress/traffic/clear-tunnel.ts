// Whether a CONNECT may become a tunnel that is not read: the verdict, what limits leave, and the use of a `once` route.

import type { TableRoute } from "#domain/egress/route.ts";

import type { Meter } from "../limits/limits.ts";
import { decideTunnel, type TunnelVerdict } from "../policy/decide-tunnel.ts";
import type { Refusal } from "../policy/refusal.ts";
import type { ClearanceDeps } from "./clearance.ts";
import { takeUse, usedByOthers } from "./take-use.ts";

export type TunnelClearance =
  /** TLS is ended here, and each request cleared for itself. Nothing was counted. */
  | { readonly clear: "intercept" }
  | {
      readonly clear: "yes";
      readonly kind: "passthrough" | "raw";
      readonly route: TableRoute;
      readonly rule: string;
      /** Told of each byte: its refusal is why the tunnel must be cut. */
      readonly meter: Meter;
      /** False once the table in force would not let this tunnel be opened. */
      readonly stillAllowed: () => boolean;
    }
  | { readonly clear: "no"; readonly refusal: Refusal };

export type TunnelDeps = Pick<ClearanceDeps, "table" | "uses" | "limits">;

/** `host` is a normalised name. A refusal is the caller's to audit. */
export function clearTunnel(host: string, port: number, deps: TunnelDeps): TunnelClearance | Promise<TunnelClearance> {
  const started = new Date();
  const verdict = decideTunnel(host, port, deps.table(), started, deps.uses.used());
  switch (verdict.kind) {
    case "intercept":
      return { clear: "intercept" };
    case "refuse":
      return { clear: "no", refusal: verdict.refusal };
    case "passthrough":
    case "raw":
      return take(verdict, host, port, started, deps);
  }
}

function take(
  { kind, route, rule }: Extract<TunnelVerdict, { route: TableRoute }>,
  host: string,
  port: number,
  started: Date,
  deps: TunnelDeps,
): TunnelClearance | Promise<TunnelClearance> {
  const admission = deps.limits.admit(route, undefined);
  if (!admission.ok) return { clear: "no", refusal: admission.refusal };
  const stillAllowed = (): boolean => {
    const at = route.once === true ? started : new Date();
    return decideTunnel(host, port, deps.table(), at, usedByOthers(route, deps.uses)).kind === kind;
  };
  const clear = { clear: "yes", kind, route, rule, meter: admission.meter, stillAllowed } as const;
  const use = takeUse(route, started, stillAllowed, deps.uses);
  return use === undefined ? clear : use.then((refusal) => (refusal === undefined ? clear : { clear: "no", refusal }));
}
