// That a client has left, for those that wait on its behalf.

import type { ClientSide } from "./client-side.ts";

export function whenGone(client: Pick<ClientSide, "onClose" | "gone">): AbortSignal {
  const gone = new AbortController();
  if (client.gone) gone.abort();
  else client.onClose(() => gone.abort());
  return gone.signal;
}
