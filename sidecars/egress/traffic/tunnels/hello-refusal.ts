// Whether a ClientHello may pass through a tunnel to a host, and the TLS alert that tells its client why not.

import type { ClientHello } from "../../policy/client-hello.ts";
import { normaliseHost } from "../../policy/normalise-host.ts";
import type { Refusal } from "../../policy/refusal.ts";

const ACCESS_DENIED = 49;
const DECODE_ERROR = 50;
const UNRECOGNIZED_NAME = 112;

export interface HelloRefusal {
  readonly refusal: Refusal;
  /** A whole record: the client is amid a handshake and reads nothing else. */
  readonly alert: Buffer;
}

/**
 * The server name must be there and be `host`. A hello with Encrypted Client Hello is refused: which server it is really for
 * is hidden in it, and a decoy cannot be told from the real thing.
 */
export function helloRefusal({ serverName, hidden }: ClientHello, host: string): HelloRefusal | undefined {
  if (serverName === undefined) return misdirected("TLS names no server, so nobody can know that it is for this host");
  const name = normaliseHost(serverName);
  if (name.kind !== "name") return misdirected("the TLS server name is no host name");
  if (name.name !== host) return misdirected(`CONNECT was to ${host}, but TLS asked for ${name.name}`);
  if (!hidden) return undefined;
  const reason =
    "TLS offers Encrypted Client Hello, which may hide that it is for another server; the client must do without it here";
  return {
    refusal: { status: 403, code: "blocked", rule: "TLS with a server name", reason },
    alert: alert(ACCESS_DENIED),
  };
}

/** For what is TLS and no ClientHello. */
export function malformedHello(reason: string): HelloRefusal {
  const refusal: Refusal = { status: 403, code: "blocked", rule: "TLS with a server name", reason };
  return { refusal, alert: alert(DECODE_ERROR) };
}

function misdirected(reason: string): HelloRefusal {
  const refusal: Refusal = { status: 421, code: "misdirected_request", rule: "one name throughout", reason };
  return { refusal, alert: alert(UNRECOGNIZED_NAME) };
}

/** Fatal, in the version that all understand. */
function alert(description: number): Buffer {
  return Buffer.from([21, 3, 3, 0, 2, 2, description]);
}
