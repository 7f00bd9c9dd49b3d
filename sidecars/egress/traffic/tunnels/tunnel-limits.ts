// How many tunnels there may be, and for how long.

export interface TunnelLimits {
  /** Open at the same time: half of the connections that the proxy takes, so that requests without a tunnel find room. */
  readonly most: number;
  /** Without a byte either way, for tunnels that are not read and for WebSockets. */
  readonly idleMs: number;
  /** Of any tunnel. */
  readonly totalMs: number;
  /** From the answer to CONNECT until TLS is up, or its first message is there. */
  readonly handshakeMs: number;
  /** How often it is looked at which of them are idle. */
  readonly lookMs: number;
}

export const TUNNEL_LIMITS: TunnelLimits = {
  most: 512,
  idleMs: 600_000,
  totalMs: 86_400_000,
  handshakeMs: 15_000,
  lookMs: 5000,
};
