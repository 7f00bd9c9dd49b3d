// Headers as node:http2 takes them, from names and values in turn.

export type HeaderFields = Record<string, string | string[]>;

/** What belongs to a connection of HTTP/1.1 has no place in HTTP/2. */
const CONNECTION = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"]);

export function headerFields(rawHeaders: readonly string[]): HeaderFields {
  const fields: HeaderFields = Object.create(null) as HeaderFields;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    if (CONNECTION.has(name) || name.startsWith(":")) continue;
    const known = fields[name];
    if (known === undefined) fields[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else fields[name] = [known, value];
  }
  return fields;
}
