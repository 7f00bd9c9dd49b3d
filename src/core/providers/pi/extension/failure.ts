// Why Pi's work on a prompt ended without an answer.

import type { PiMessage } from "./pi.ts";

/** Empty when the last of `messages` is an answer, or when its user stopped it. */
export function failureOf(messages: readonly PiMessage[] = []): string {
  const last = messages.findLast(({ role }) => role === "assistant");
  return last?.stopReason === "error" ? (last.errorMessage ?? "the model's answer broke off") : "";
}
