// A host as somebody spelt it, in the one spelling that rules are matched against. An address, however it is
// written, is never a name: else `0x7f.1` or `[::ffff:10.0.0.1]` would pass for one.

import { isIP } from "node:net";
import { domainToASCII } from "node:url";

export type Host =
  | { readonly kind: "name"; readonly name: string }
  /** `text` as it was written, for the message. */
  | { readonly kind: "address"; readonly text: string }
  | { readonly kind: "bad"; readonly reason: string };

export type Authority =
  | { readonly kind: "name"; readonly name: string; readonly port: number | undefined }
  | { readonly kind: "address"; readonly text: string; readonly port: number | undefined }
  | { readonly kind: "bad"; readonly reason: string };

const LABELS = /^(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$/;
/** The WHATWG URL rule: a host whose last label is a number is an IPv4 address, or an attempt at one. */
const NUMERIC_END = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/;

/** More than any name or address takes in any spelling. What is longer is not even looked at. */
const LONGEST = 1024;

/** Lower case, without one trailing dot, in ASCII (IDNA). Bytes of UTF-8 that a header parser took for latin1 are read as UTF-8. */
export function normaliseHost(text: string): Host {
  if (text.length > LONGEST) return bad("is longer than any host name");
  if (/[:[\]%]/.test(text)) {
    return looksLikeIpv6(text) ? { kind: "address", text } : bad("a host name has only letters, digits, - and .");
  }
  const ascii = toAscii(text);
  if (ascii === undefined) return bad("is no valid international name");
  const name = ascii.endsWith(".") ? ascii.slice(0, -1) : ascii;
  if (NUMERIC_END.test(name) || isIP(name) !== 0) return { kind: "address", text };
  if (name.length > 253 || !LABELS.test(name)) return bad("a host name has only letters, digits, - and .");
  return { kind: "name", name };
}

/** `host` or `host:port`; no user information, no blanks, no path. */
export function parseAuthority(text: string): Authority {
  if (text.length > LONGEST) return bad("is longer than any host name");
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(text);
  const [, hostText = "", portText] = match ?? [];
  if (match === null) return bad("is not host:port");
  if (text.includes("@")) return bad("has user information before the host");
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65_535)) return bad(`has the port ${portText}`);
  const host = normaliseHost(hostText);
  return host.kind === "bad" ? host : { ...host, port };
}

function looksLikeIpv6(text: string): boolean {
  const bare = text.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  return isIP(bare) === 6 || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(bare);
}

function toAscii(text: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- the ASCII range
  if (/^[\u0000-\u007f]*$/.test(text)) return text.toLowerCase();
  const ascii = domainToASCII(fromHeaderBytes(text));
  return ascii === "" ? undefined : ascii;
}

function fromHeaderBytes(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the latin1 range
  if (!/^[\u0000-\u00ff]*$/.test(text)) return text;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(text, "latin1"));
  } catch {
    return text;
  }
}

function bad(reason: string): { kind: "bad"; reason: string } {
  return { kind: "bad", reason };
}
