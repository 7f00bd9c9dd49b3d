// What the client process is asked to do, and what it says of it.

import type { NetConnectOpts } from "node:net";

export interface Job {
  readonly kind: "small" | "down" | "up";
  readonly connections: number;
  /** small: how long to go on. */
  readonly forMs: number;
  /** down, up: of one body. */
  readonly bytes: number;
  /** Absent: straight to the server. */
  readonly proxy?: NetConnectOpts;
  /** The name and port that are asked for. */
  readonly host: string;
  readonly port: number;
  readonly hostHeader: string;
  /** A PEM file: whom the client trusts. */
  readonly ca: string;
  /** The answer must say that a credential was there. */
  readonly authorized: boolean;
}

export interface JobResult {
  readonly requests: number;
  /** small: median of the time that one took, in milliseconds. */
  readonly p50: number;
  readonly seconds: number;
}
