// The head of an HTTP/2 request as one of HTTP/1.1 would say it, so that one parser judges both.

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** `Host` is `:authority`. Where both are there and differ, both are, and the request is refused for it. */
  readonly rawHeaders: readonly string[];
}

/** nghttp2 has refused by then what HTTP/2 itself forbids: capitals, pseudo-headers twice or late, headers of a connection. */
export function requestHead(rawHeaders: readonly string[]): RequestHead {
  const pseudo = new Map<string, string>();
  const headers: string[] = [];
  let cookies: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    if (name.startsWith(":")) pseudo.set(name, value);
    else if (name === "cookie") cookies = cookies === undefined ? value : `${cookies}; ${value}`;
    else if (name !== "host" || !sameText(value, pseudo.get(":authority"))) headers.push(name, value);
  }
  const authority = pseudo.get(":authority");
  if (authority !== undefined) headers.unshift("Host", authority);
  if (cookies !== undefined) headers.push("cookie", cookies);
  return { method: pseudo.get(":method") ?? "", target: targetOf(pseudo), rawHeaders: headers };
}

function sameText(host: string, authority: string | undefined): boolean {
  return authority !== undefined && host.toLowerCase() === authority.toLowerCase();
}

/** Another scheme than https is spelt out, so that it is refused for what it is; a `:path` that is none is no target. */
function targetOf(pseudo: ReadonlyMap<string, string>): string {
  const scheme = pseudo.get(":scheme");
  const path = pseudo.get(":path") ?? "";
  if (!path.startsWith("/")) return "";
  return scheme === "https" ? path : `${scheme}://${pseudo.get(":authority")}${path}`;
}

/** Octets as HTTP/2 counts them for SETTINGS_MAX_HEADER_LIST_SIZE. */
export function headerListSize(rawHeaders: readonly string[]): number {
  let size = 0;
  for (const text of rawHeaders) size += text.length + 16;
  return size;
}
