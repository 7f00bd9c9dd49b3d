// A client of the gate that is no git: any bytes in, what comes back out.

import { connect } from "node:net";

export interface RawOptions {
  /** The client's end is left open; else it ends after its bytes. */
  readonly keepOpen?: boolean;
  /** Leaves once this has come. */
  readonly until?: RegExp;
}

/** Resolves with everything that came, once the other side has closed. A reset counts as closing. */
export function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  { keepOpen = false, until }: RawOptions = {},
): Promise<string> {
  return new Promise((resolve) => {
    let got = "";
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true }, () => {
      if (keepOpen) socket.write(bytes);
      else socket.end(bytes);
    });
    socket.on("data", (chunk: Buffer) => {
      got += chunk.toString("latin1");
      if (until?.test(got) === true) socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.end());
    socket.once("close", () => resolve(got));
  });
}

export interface HttpAnswer {
  /** 0 when nothing came. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** `head`: the request's lines, without the last empty one. */
export async function sendHttp(
  port: number,
  head: readonly string[],
  body: string | Uint8Array = "",
): Promise<HttpAnswer> {
  const text = `${[...head, "Host: gate", "Connection: close"].join("\r\n")}\r\n\r\n`;
  const got = await sendRaw(port, Buffer.concat([Buffer.from(text, "latin1"), Buffer.from(body)]), { keepOpen: true });
  const [answer = "", ...rest] = got.split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0), head: answer, body: rest.join("\r\n\r\n") };
}
