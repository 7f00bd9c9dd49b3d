// CONNECT: the tunnel ends here. TLS inside it is answered with a certificate for the name that the client asks for, and
// each request is then read like any other. What is not TLS, or names nobody, is refused.

import { ALLOWLIST_HOST } from "#domain/egress/own-page.ts";

import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

import type { LeafContexts } from "../certificates/leaf.ts";
import { normaliseHost, parseAuthority } from "../policy/normalise-host.ts";
import type { Refusal } from "../policy/refusal.ts";
import { ESTABLISHED, refuseTunnel } from "./tunnels/refuse-tunnel.ts";

export interface TunnelTarget {
  readonly host: string;
  readonly port: number;
}

export type TunnelHead =
  | { readonly ok: true; readonly target: TunnelTarget }
  | { readonly ok: false; readonly host: string; readonly refusal: Refusal };

const TLS_HANDSHAKE_RECORD = 0x16;

/** Reads a CONNECT strictly. Which requests may follow is decided for each of them, when method and path are known. */
export function parseConnect(target: string, rawHeaders: readonly string[]): TunnelHead {
  const authority = parseAuthority(target);
  if (authority.kind === "bad") return refused(target, 400, "valid CONNECT", `the CONNECT target ${authority.reason}`);
  if (authority.kind === "address") {
    const reason = `${authority.text} is an address, and rules are for names`;
    return refused(target, 403, "names only", reason, "use the name of the host");
  }
  const { name, port } = authority;
  if (port === undefined) return refused(name, 400, "valid CONNECT", "the CONNECT target has no port");
  if (name === ALLOWLIST_HOST)
    return refused(name, 403, ALLOWLIST_HOST, `use http://${ALLOWLIST_HOST}/allowlist, without TLS`);
  const body = bodyProblem(rawHeaders);
  if (body !== undefined) return refused(name, 400, "clear body length", body);
  const hosts = valuesOf("host", rawHeaders);
  if (hosts.length > 1) return refused(name, 400, "one header once", "the header host is there twice");
  const said = hosts[0] === undefined ? authority : parseAuthority(hosts[0]);
  if (said.kind !== "name" || said.name !== name || (said.port !== undefined && said.port !== port)) {
    return refused(
      name,
      421,
      "one name throughout",
      `CONNECT was to ${name}:${port}, but the Host header names another`,
    );
  }
  return { ok: true, target: { host: name, port } };
}

/** What follows the head of a CONNECT is the tunnel: whoever announces a body there could be read in two ways. */
function bodyProblem(rawHeaders: readonly string[]): string | undefined {
  if (valuesOf("transfer-encoding", rawHeaders).length > 0) return "CONNECT has no body, but a Transfer-Encoding";
  const lengths = valuesOf("content-length", rawHeaders);
  return lengths.every((length) => length === "0") ? undefined : "CONNECT has no body, but a Content-Length";
}

function valuesOf(name: string, rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

function refused(host: string, status: number, rule: string, reason: string, todo?: string): TunnelHead {
  const code = status === 421 ? "misdirected_request" : status === 400 ? "bad_request" : "blocked";
  return { ok: false, host, refusal: { status, code, rule, reason, ...(todo === undefined ? {} : { todo }) } };
}

export interface TunnelEvents {
  /** TLS is up; `sni` is normalised. */
  readonly secure: (socket: TLSSocket, sni: string) => void;
  readonly refused: (refusal: Refusal) => void;
}

/** Says 200 and waits for TLS. */
export function openTunnel(
  socket: Socket,
  host: string,
  contexts: LeafContexts,
  handshakeMs: number,
  on: TunnelEvents,
): void {
  const refuse = (rule: string, reason: string): void => {
    const refusal: Refusal = { status: 403, code: "blocked", rule, reason };
    on.refused(refusal);
    refuseTunnel(socket, host, refusal);
  };
  const timer = setTimeout(
    () => refuse("TLS in tunnels", `no TLS within ${Math.round(handshakeMs / 1000)} seconds of the CONNECT`),
    handshakeMs,
  ).unref();
  const settled = (): void => clearTimeout(timer);
  socket.once("close", settled);
  socket.write(ESTABLISHED);
  socket.once("readable", () => {
    const first = socket.read() as Buffer | null;
    if (first === null) return void socket.destroy();
    if (socket.writableEnded) return; // refused already
    if (first[0] !== TLS_HANDSHAKE_RECORD) {
      settled();
      return refuse("TLS in tunnels", "a CONNECT tunnel carries TLS only, unless a route with `raw_tcp` is for it");
    }
    socket.unshift(first);
    const secure = handshake(socket, contexts, on);
    secure.once("secure", settled);
  });
}

function handshake(socket: Socket, contexts: LeafContexts, on: TunnelEvents): TLSSocket {
  const secure = new TLSSocket(socket, {
    isServer: true,
    ALPNProtocols: ["h2", "http/1.1"],
    // Without a name there is no certificate, and the handshake fails.
    SNICallback: (name, done) => {
      const host = normaliseHost(name);
      if (host.kind !== "name") return done(new Error("the TLS server name is no host name"));
      contexts.contextFor(host.name).then((context) => done(null, context), done);
    },
  });
  let named = false;
  secure.on("error", (error) => {
    if (!named)
      on.refused({
        status: 403,
        code: "blocked",
        rule: "TLS with a server name",
        reason: `no TLS with the tunnel's host: ${error.message}`,
      });
    named = true;
    secure.destroy();
    socket.destroy();
  });
  secure.once("secure", () => {
    const sni: unknown = Reflect.get(secure, "servername"); // Node sets it; its types know it on clients only
    const host = typeof sni === "string" ? normaliseHost(sni) : undefined;
    if (host?.kind !== "name") return void secure.destroy(new Error("the TLS handshake named no host"));
    named = true;
    on.secure(secure, host.name);
  });
  return secure;
}
