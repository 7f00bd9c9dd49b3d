// What a client says first in a tunnel whose TLS is not opened: read until its server name is known.

import type { Socket } from "node:net";

import { type ClientHello, readClientHello } from "../../policy/client-hello.ts";

export type FirstMessage =
  /** `bytes` is all that was read, to be sent on. */
  | { readonly kind: "hello"; readonly hello: ClientHello; readonly bytes: Buffer }
  | { readonly kind: "bad"; readonly reason: string; readonly isTls: boolean }
  /** The client left. */
  | { readonly kind: "gone" };

const TLS_HANDSHAKE_RECORD = 22;

/** The socket is paused afterwards. */
export function awaitHello(socket: Socket, withinMs: number): Promise<FirstMessage> {
  return new Promise((resolve) => {
    const reader = readClientHello();
    const chunks: Buffer[] = [];
    const settle = (message: FirstMessage): void => {
      clearTimeout(timer);
      socket.off("data", read).off("end", ended).off("close", left);
      socket.pause();
      resolve(message);
    };
    const fail = (reason: string): void =>
      settle({ kind: "bad", reason, isTls: chunks[0]?.[0] === TLS_HANDSHAKE_RECORD });
    const read = (chunk: Buffer): void => {
      chunks.push(chunk);
      const seen = reader.push(chunk);
      if (seen.state === "hello") settle({ kind: "hello", hello: seen.hello, bytes: Buffer.concat(chunks) });
      if (seen.state === "bad") fail(seen.reason);
    };
    const ended = (): void =>
      chunks.length === 0 ? settle({ kind: "gone" }) : fail("it ended within the ClientHello");
    const left = (): void => settle({ kind: "gone" });
    const timer = setTimeout(
      () => fail(`no TLS ClientHello within ${Math.round(withinMs / 1000)} seconds`),
      withinMs,
    ).unref();
    socket.on("data", read).on("end", ended).on("close", left);
  });
}
