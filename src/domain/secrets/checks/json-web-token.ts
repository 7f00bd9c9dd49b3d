// Whether three parts between points are a JSON Web Token that gives access to something.

import { decodeBase64 } from "./base64.ts";

/** Of jwt.io's well-known example. */
const EXAMPLE_SIGNATURE = "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";

export function isJsonWebToken(value: string): boolean {
  const [header = "", payload = "", signature = ""] = value.split(".");
  if (signature === EXAMPLE_SIGNATURE || !hasAlgorithm(decodeBase64(header))) return false;
  // Supabase's anonymous key: its place is in web pages.
  return !decodeBase64(payload).includes('"role":"anon"');
}

function hasAlgorithm(header: string): boolean {
  try {
    const parsed: unknown = JSON.parse(header);
    return typeof parsed === "object" && parsed !== null && "alg" in parsed && typeof parsed.alg === "string";
  } catch {
    return false;
  }
}
