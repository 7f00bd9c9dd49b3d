// A host that takes what it is sent and remembers it, so that a test can say what reached nobody.

import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";

import { makeCertificates } from "#fixtures/demo/certificates.ts";
import { listenUnix } from "#lib/unix-socket.ts";

export interface TakingHost {
  /** For `egress.hosts`. */
  readonly pin: string;
  /** A file with its authority. */
  readonly caPath: string;
  readonly bodies: readonly { readonly host: string; readonly body: string }[];
  close(): Promise<void>;
}

export async function startTakingHost(names: readonly string[], folder: string): Promise<TakingHost> {
  const { ca, cert, key } = await makeCertificates(names, new Date());
  const bodies: { host: string; body: string }[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      bodies.push({ host: request.headers.host ?? "", body });
      response.writeHead(200, { "content-type": "text/plain", connection: "close" }).end("taken\n");
    });
  });
  const socket = join(folder, "taking.sock");
  await listenUnix(server, socket);
  const caPath = join(folder, "taking-ca.pem");
  writeFileSync(caPath, ca);
  return {
    pin: `unix:${socket}`,
    caPath,
    bodies,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
