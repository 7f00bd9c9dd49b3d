// A small host that no definition allows: what the agent needs once its operator has said yes.

import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";

import { makeCertificates } from "#fixtures/demo/certificates.ts";
import { listenUnix } from "#lib/unix-socket.ts";

export interface FilesHost {
  /** For `egress.hosts`. */
  readonly pin: string;
  /** PEM of its authority. */
  readonly ca: string;
  /** `GET /notes.txt`, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Answers every path with `content`. */
export async function startFilesHost(name: string, folder: string, content: string): Promise<FilesHost> {
  const { ca, cert, key } = await makeCertificates([name], new Date());
  const asked: string[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200, { "content-type": "text/plain", connection: "close" }).end(content);
  });
  const socket = join(folder, "files.sock");
  await listenUnix(server, socket);
  return {
    pin: `unix:${socket}`,
    ca,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One file with the roots of several. */
export function joinRoots(folder: string, ...roots: readonly string[]): string {
  const path = join(folder, "roots.pem");
  writeFileSync(path, roots.map((root) => root.trimEnd() + "\n").join(""));
  return path;
}
