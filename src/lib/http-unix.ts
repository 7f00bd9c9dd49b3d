// HTTP over a unix socket, for the control sockets of our own sidecars.

import { request, type IncomingMessage } from "node:http";

import { connectUnix } from "./unix-socket.ts";

export interface UnixRequest {
  readonly socket: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** The response, whatever its status; rejects with the kernel's error when nobody listens. */
export async function requestUnix({ socket, method, path, body, signal }: UnixRequest): Promise<IncomingMessage> {
  const connection = await connectUnix(socket);
  return await new Promise((resolve, reject) => {
    const call = request({
      method,
      path,
      host: "localhost",
      createConnection: () => connection,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      ...(signal === undefined ? {} : { signal }),
    });
    call.once("response", resolve);
    call.once("error", reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The whole body as text; rejects over `limit` bytes. */
export async function bodyText(response: IncomingMessage, limit = 8 * 1_048_576): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) {
      response.destroy();
      throw new Error(`a response over ${limit} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
