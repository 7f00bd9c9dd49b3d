// What a request may ask for: on a route whose answers are looked at, only encodings that can be decoded here.

import type { TableRoute } from "#domain/egress/route.ts";

/** Not deflate, which servers write in two ways, of which only the right one is decoded here. */
const WELCOME = new Set(["gzip", "x-gzip", "br", "zstd", "identity"]);

/** Whether anything in this route's answers is looked at: then Accept-Encoding goes through `acceptEncoding`. */
export function looksAtAnswers(route: TableRoute): boolean {
  return route.auth !== undefined || (route.dlp?.inbound ?? "warn") !== "off";
}

/**
 * The Accept-Encoding to send upstream in place of the client's own (undefined: the client sent none, which would allow
 * the server any). What is left out is `*` and everything unknown; the client's order and weights stay.
 */
export function acceptEncoding(asked: string | undefined): string {
  const kept = (asked ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => WELCOME.has((item.split(";", 1)[0] ?? "").trim().toLowerCase()));
  return kept.length === 0 ? "identity" : kept.join(", ");
}
