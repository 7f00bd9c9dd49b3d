// Why an upstream server could not be asked, as the refusal that its client gets.

import type { InspectionRefused } from "../inspection/inspection.ts";
import type { Refusal } from "../policy/refusal.ts";
import { AddressRefused, ConnectTimeout } from "./checked-lookup.ts";

export function explain(error: unknown): Refusal {
  if (isInspectionRefused(error)) return error.refusal;
  if (error instanceof AddressRefused)
    return { status: 403, code: "address_refused", rule: "public addresses only", reason: error.message };
  if (error instanceof ConnectTimeout)
    return { status: 504, code: "upstream_timeout", rule: "upstream", reason: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return {
    status: 502,
    code: "upstream_failed",
    rule: "upstream",
    reason: `the server could not be asked: ${reason.split("\n", 1)[0]}`,
  };
}

/** By its name: the inspection is a program file of its own, with a class of its own. */
export function isInspectionRefused(error: unknown): error is InspectionRefused {
  return error instanceof Error && error.name === "InspectionRefused" && "refusal" in error;
}
