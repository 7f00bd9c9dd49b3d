// Says to supervise that the agent works, and what it answered in the end. Nobody there: then nothing is said.

import { request } from "node:http";

import type { SaidResult, TaskConfig } from "#domain/provider/task-config.ts";

/** A task may take hours in silence: it is said again that it goes on. */
const AGAIN_MS = 20_000;
const PATIENCE_MS = 5000;

export interface Teller {
  /** Resolves when it is taken, or was not. */
  result(said: SaidResult): Promise<void>;
}

export function tellSupervise(at: TaskConfig["supervise"]): Teller {
  if (at === null) return { async result() {} };
  const busy = (): void => void post(at.state, { state: "busy", detail: "", event: "task" });
  busy();
  const again = setInterval(busy, AGAIN_MS);
  return {
    async result(said) {
      clearInterval(again);
      await post(at.result, said);
    },
  };
}

/** Never rejects: the agent's work does not hang on it. */
function post(url: string, body: object): Promise<void> {
  return new Promise((resolve) => {
    const call = request(url, { method: "POST", agent: false, headers: { "content-type": "application/json" } });
    call.setTimeout(PATIENCE_MS, () => call.destroy());
    call.once("response", (response) => response.resume());
    call.once("error", () => resolve());
    call.once("close", () => resolve());
    call.end(JSON.stringify(body));
  });
}
