// Tells supervise how Pi stands: the newest state only, not too often, and never so that Pi would notice.

import { post } from "./json-rpc.ts";
import type { Said } from "./doing.ts";

export interface Reporter {
  say(said: Said): void;
  stop(): void;
}

/** Milliseconds. */
export interface Pace {
  /** Between two reports; supervise takes ten a second. */
  readonly spacing: number;
  /** What has not changed is said again, so that it does not become stale. */
  readonly again: number;
  /** After one that was not taken. */
  readonly retry: number;
  readonly timeout: number;
}

const PACE: Pace = { spacing: 110, again: 20_000, retry: 1000, timeout: 2000 };

export function reporter(url: string, pace: Pace = PACE): Reporter {
  let wanted: Said | undefined;
  let sentAt = 0;
  let isSending = false;
  let next: NodeJS.Timeout | undefined;

  const sendIn = (ms: number): void => {
    clearTimeout(next);
    // Unreferenced: a Pi that is done ends.
    next = setTimeout(() => void send(), ms).unref();
  };
  const send = async (): Promise<void> => {
    if (wanted === undefined) return;
    clearTimeout(next);
    const said = wanted;
    isSending = true;
    sentAt = Date.now();
    const isTaken = await isTold(url, said, pace.timeout);
    isSending = false;
    if (wanted === undefined) return;
    if (wanted !== said) sendIn(pace.spacing);
    else sendIn(isTaken ? pace.again : pace.retry);
  };
  return {
    say(said) {
      if (said.state === wanted?.state && said.detail === wanted.detail) return;
      wanted = said;
      if (isSending) return;
      const wait = sentAt + pace.spacing - Date.now();
      if (wait > 0) sendIn(wait);
      else void send();
    },
    stop() {
      clearTimeout(next);
      wanted = undefined;
    },
  };
}

/** Never rejects: supervise may be starting anew, or be gone. */
async function isTold(url: string, said: Said, timeout: number): Promise<boolean> {
  try {
    const response = await post(url, said, AbortSignal.timeout(timeout));
    response.resume();
    return response.statusCode === 204;
  } catch {
    return false;
  }
}
