// What comes back to the agent: decides from an answer's head whether its body is looked at, and with what.

import type { Inbound, Inspected, MessageVerdict } from "../inspection.ts";

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

export function openInbound(_about: InboundAbout): InboundInspection {
  return {
    inbound: ({ headers }) => ({ headers }),
    message: (data) => ({ ok: true, data }),
  };
}
