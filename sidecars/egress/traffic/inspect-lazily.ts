// The inspection, loaded once the proxy listens: its rules are many, and a start need not wait for them. A request that
// comes earlier waits; when the inspection cannot be had, nothing goes out.

import type { ExchangeInspection, Inspected, Inspection } from "../inspection/inspection.ts";
import { SHOW_NOTHING } from "../inspection/shown.ts";
import type { Refusal } from "../policy/refusal.ts";

export interface LazyInspection extends Inspection {
  /** Begins to load. */
  readonly prepare: () => void;
}

export function inspectLazily(load: () => Promise<Inspection>, problem: (message: string) => void): LazyInspection {
  let loaded: Inspection | undefined;
  let loading: Promise<Inspection> | undefined;
  const ready = (): Promise<Inspection> =>
    (loading ??= load().then(
      (inspection) => (loaded = inspection),
      (error: Error) => {
        problem(`nothing can be inspected, so nothing is let through: ${error.message}`);
        loading = undefined; // the next request tries again
        return refuseAll(error.message);
      },
    ));
  return {
    exchange: (about) => loaded?.exchange(about) ?? later(ready(), about),
    masking: () => loaded?.masking() ?? ready().then((inspection) => inspection.masking()),
    prepare: () => void ready(),
  };
}

function later(ready: Promise<Inspection>, about: Inspected): ExchangeInspection {
  const inspecting = ready.then((inspection) => inspection.exchange(about));
  let known: ExchangeInspection | undefined;
  return {
    async outbound(headers, body) {
      known = await inspecting;
      return known.outbound(headers, body);
    },
    inbound: (answer) => known?.inbound(answer) ?? { headers: answer.headers, refusal: impossible("it is not loaded") },
    message: async (...message) => (await inspecting).message(...message),
  };
}

function refuseAll(problem: string): Inspection {
  const refusal = impossible(problem);
  return {
    exchange: () => ({
      outbound: () => ({ ok: false, refusal }),
      inbound: ({ headers }) => ({ headers, refusal }),
      message: async () => ({ ok: false, refusal }),
    }),
    masking: () => SHOW_NOTHING,
  };
}

function impossible(problem: string): Refusal {
  const reason = `requests cannot be inspected, so none is let through: ${problem}`;
  return { status: 503, code: "inspection_failed", rule: "inspection", reason };
}
