// That a client has left, for those that wait on its behalf.

import type { ClientSide } from "./client-side.ts";

/** One for all: Node would make an error with a stack each time. */
const LEFT = new Error("the client left");

export function whenGone(client: Pick<ClientSide, "onClose" | "gone">): AbortSignal {
  const gone = new AbortController();
  if (client.gone) gone.abort(LEFT);
  else client.onClose(() => gone.abort(LEFT));
  return gone.signal;
}
