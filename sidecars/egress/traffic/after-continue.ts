// The body of a client that waits for "100 Continue": it is told to go on when somebody begins to read.

import { Readable } from "node:stream";

export function afterContinue(body: Readable, sayContinue: () => void): Readable {
  return Readable.from(
    (async function* () {
      sayContinue();
      yield* body.iterator({ destroyOnReturn: false }); // else a refusal could not be sent any more
    })(),
    { objectMode: false },
  );
}
