// Connections to upstream servers over HTTP/2: one for each origin and list of vouched addresses, shared by all requests;
// and which servers do not speak it.

import { connect as connectTls, type TLSSocket } from "node:tls";

import { ConnectTimeout } from "../checked-lookup.ts";
import { connectTarget, type Dial } from "../dial.ts";
import { type Connection, isUsable, openConnection } from "./connection.ts";

export interface Http2Sessions {
  /** Undefined when the server does not speak HTTP/2. */
  connectionTo(dial: Dial): Promise<Connection | undefined>;
  /** What is known of servers is forgotten; each connection ends when its streams have. */
  renew(): void;
  close(): void;
}

const CONNECT_TIMEOUT_MS = 15_000;

export function openHttp2Sessions(): Http2Sessions {
  let origins = new Map<string, Promise<Connection | undefined>>();
  const open = new Set<Connection>();

  const begin = (key: string, dial: Dial): Promise<Connection | undefined> => {
    const here = origins;
    const opening = connect(dial).then((socket) => {
      if (socket === undefined) return undefined;
      const connection = openConnection(dial.servername, socket);
      open.add(connection);
      connection.session.once("close", () => open.delete(connection));
      return connection;
    });
    here.set(key, opening);
    opening.catch(() => here.delete(key)); // whoever asks next tries again
    return opening;
  };

  return {
    async connectionTo(dial) {
      const key = `${dial.pool} ${dial.servername}@${dial.address}:${dial.port}`;
      const known = origins.get(key);
      if (known === undefined) return begin(key, dial);
      const connection = await known;
      if (connection === undefined || isUsable(connection)) return connection;
      const newer = origins.get(key); // somebody else may have begun one meanwhile
      return newer === undefined || newer === known ? begin(key, dial) : newer;
    },
    renew() {
      origins = new Map();
      for (const { session } of open) session.close();
    },
    close() {
      for (const { session } of open) session.destroy();
    },
  };
}

/** Undefined when the server chose HTTP/1.1. */
function connect(dial: Dial): Promise<TLSSocket | undefined> {
  return new Promise((resolve, reject) => {
    const { servername, secureContext } = dial;
    const socket = connectTls({
      ...connectTarget(dial),
      servername,
      secureContext: secureContext(),
      ALPNProtocols: ["h2", "http/1.1"],
    });
    const late = (): void => void socket.destroy(new ConnectTimeout("no connection within 15 seconds"));
    const timer = setTimeout(late, CONNECT_TIMEOUT_MS);
    socket.once("error", reject);
    socket.once("close", () => {
      clearTimeout(timer);
      reject(new Error("the connection was closed during the handshake"));
    });
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      if (socket.alpnProtocol === "h2") return resolve(socket);
      resolve(undefined);
      socket.destroy();
    });
  });
}
