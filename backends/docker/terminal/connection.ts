// The engine's connection to an agent's terminal: its live output, and its input.

import type { Duplex } from "node:stream";

import type { Container } from "dockerode";

interface Dial {
  dial(options: object, done: (error: Error | null, stream?: Duplex) => void): void;
}

/**
 * With Ctrl-P Ctrl-Q the engine would detach a viewer, and hold every Ctrl-P back for it. A byte that is in no text at all
 * takes that away; dockerode would send it as two.
 */
const DETACH = "detachKeys=%FF";
const WANTED = { stream: true, stdin: true, stdout: true, stderr: true };

/** Output from now on, raw. Its end is the end of the container, or of the connection. */
export function connectTerminal(container: Container): Promise<Duplex> {
  const statusCodes = { 101: true, 200: true, 404: "no such container", 409: "not running", 500: "server error" };
  return new Promise((resolve, reject) => {
    (container.modem as Dial).dial(
      {
        path: `/containers/${container.id}/attach?${DETACH}&`,
        method: "POST",
        isStream: true,
        hijack: true,
        openStdin: true,
        statusCodes,
        // The engine ignores the body; without one the modem would never send the request.
        options: { _query: WANTED, _body: WANTED },
      },
      (error, stream) => {
        if (error !== null || stream === undefined) return reject(error ?? new Error("no connection"));
        stream.on("error", () => {}); // `close` follows and tells
        resolve(stream);
      },
    );
  });
}
