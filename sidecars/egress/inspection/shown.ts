// What may be shown and written down of a request: its words without the secrets in them. A refusal, a record, an audit entry
// and a proposal say nothing else of it.

import type { ParsedRequest } from "../policy/parse-request.ts";

export interface Masking {
  /** With stars in the place of each secret; NOT_SHOWN where that cannot be told. */
  text(text: string): string;
  /**
   * Of a host's name as rules know it: in small letters, so that `spelled`, the client's own words that have it in them, are
   * looked at as well.
   */
  host(host: string, spelled: readonly string[]): string;
  /** The rule of the first secret that must not leave in a host's name. */
  secretInHost(host: string, spelled: readonly string[]): string | undefined;
}

export const NOT_SHOWN = "(not shown)";

/** For when nothing can be looked at. */
export const SHOW_NOTHING: Masking = {
  text: () => NOT_SHOWN,
  host: () => NOT_SHOWN,
  secretInHost: () => undefined, // whoever is about to dial a name asks whether it could be looked at
};

export interface Shown {
  readonly host: string;
  readonly path: string;
}

export function shownOf(request: ParsedRequest, masking: Masking): Shown {
  return { host: masking.host(request.host, hostsOf(request)), path: masking.text(request.path) };
}

/** Where a request names its host, as the client wrote it. */
export function hostsOf({ rawHeaders = [] }: Pick<ParsedRequest, "rawHeaders">): readonly string[] {
  const index = rawHeaders.findIndex((name, at) => at % 2 === 0 && name.length === 4 && name.toLowerCase() === "host");
  const host = index < 0 ? undefined : rawHeaders[index + 1];
  return host === undefined ? [] : [host];
}

/** The path as a rule could name it: up to the folder in which the first secret stands. */
export function folderBefore(path: string, masked: string): string {
  let at = 0;
  while (at < path.length && path[at] === masked[at]) at += 1;
  return path.slice(0, path.lastIndexOf("/", at) + 1) || "/";
}
