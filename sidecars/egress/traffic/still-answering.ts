// Whether an earlier request on a connection of HTTP/1.1 waits for its answer still.

import type { Socket } from "node:net";

/**
 * A tunnel must not begin then: the answer would come within it. Node says it of a connection that is about to leave HTTP
 * nowhere but in the member by which it knows the response itself.
 */
export function isStillAnswering(socket: Socket): boolean {
  const response: unknown = Reflect.get(socket, "_httpMessage");
  return response !== undefined && response !== null;
}
