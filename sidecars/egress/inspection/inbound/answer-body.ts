// Reads from an answer's head what its body is: whether there is one, what it holds, and how it is encoded.

import type { AnswerHead } from "./open-inbound.ts";

export interface AnswerBody {
  readonly exists: boolean;
  /** Undefined: it is not said. */
  readonly length: number | undefined;
  /** Text of some kind, or of a type that is not said: an agent may read it. */
  readonly isText: boolean;
  /** Where something that is read piece by piece may end: what has arrived whole is passed on at once. */
  readonly boundary: "event" | "line" | "none";
  /** In the order in which they were applied. */
  readonly encodings: readonly string[];
  readonly isPartial: boolean;
}

export function readAnswerBody({ status, headers, method }: AnswerHead): AnswerBody {
  const length = headerOf(headers, "content-length");
  const type = (headerOf(headers, "content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const none = method === "HEAD" || status < 200 || status === 204 || status === 304 || length === "0";
  return {
    exists: !none,
    length: length === undefined ? undefined : Number(length),
    isText: isText(type),
    boundary: type === "text/event-stream" ? "event" : LINES.test(type) ? "line" : "none",
    encodings: (headerOf(headers, "content-encoding") ?? "")
      .split(",")
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== "" && name !== "identity"),
    isPartial: status === 206,
  };
}

const LINES = /^(?:application|text)\/(?:x-)?(?:ndjson|jsonl|json-lines|json-seq|stream\+json)$/;
const TEXT =
  /^(?:text\/.*|.*\+(?:json|xml|yaml|text)|(?:application|text)\/(?:x-)?(?:json|xml|xhtml|yaml|javascript|ecmascript|ndjson|jsonl|json-lines|json-seq|stream|markdown|toml|graphql|www-form-urlencoded|sh|shellscript|python|tex|troff|httpd-php|sql|rtf))$/;

function isText(type: string): boolean {
  return type === "" || TEXT.test(type);
}

/** All values of one name, joined as a list. */
function headerOf(headers: readonly string[], name: string): string | undefined {
  let joined: string | undefined;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() !== name) continue;
    joined = joined === undefined ? headers[index + 1] : `${joined},${headers[index + 1]}`;
  }
  return joined;
}

const ABOUT_ENCODED_BYTES = [
  "content-encoding",
  "content-length",
  "content-md5",
  "digest",
  "content-digest",
  "repr-digest",
];

/** The headers of the decoded form: nothing that speaks of the encoded bytes is left, and the ETag is weak. */
export function decodedHeaders(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const [name = "", value = ""] = [headers[index], headers[index + 1]];
    const lower = name.toLowerCase();
    if (ABOUT_ENCODED_BYTES.includes(lower)) continue;
    kept.push(name, lower === "etag" && value.startsWith('"') ? `W/${value}` : value);
  }
  return kept;
}
