// What a request may ask for of its answer: where the answer is looked at, only encodings that can be undone here.

import type { TableRoute } from "#domain/egress/route.ts";

import { acceptEncoding, looksAtAnswers } from "../inspection/inbound/accept-encoding.ts";

/** The headers with one Accept-Encoding of ours in place of the client's. */
export function readableAnswer(headers: readonly string[], route: TableRoute): readonly string[] {
  if (!looksAtAnswers(route)) return headers;
  const others: string[] = [];
  let asked: string | undefined;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const [name = "", value = ""] = [headers[index], headers[index + 1]];
    if (name.length !== "accept-encoding".length || name.toLowerCase() !== "accept-encoding") others.push(name, value);
    else asked = asked === undefined ? value : `${asked}, ${value}`;
  }
  others.push("Accept-Encoding", acceptEncoding(asked));
  return others;
}
