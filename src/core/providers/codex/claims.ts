// What a JSON Web Token says of itself, unverified.

/** Undefined for what is no such token. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)$/.exec(token);
  if (parts === null) return undefined;
  return jsonObject(Buffer.from(parts[2] ?? "", "base64url").toString("utf8"));
}

/** Undefined for whatever is no JSON object. What the parser has to say quotes the text, and is not handed on. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return asObject(value);
  } catch {
    return undefined;
  }
}

/** Only own members are read of it (`own`): a key of its may be `__proto__`. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

export function own(object: Readonly<Record<string, unknown>> | undefined, key: string): unknown {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}
