// Where in a body something stands, in words: which part of a multipart, which field of a form. Names are told unless a
// finding stands in them.

import { plainLine } from "#domain/plain-text.ts";

import type { Span } from "./layer.ts";

const LONGEST_NAME = 60;

/** `found` are all findings of the body. */
export function placeInBody(body: Buffer, contentType: string, at: number, found: readonly Span[]): string {
  const boundary = boundaryOf(contentType);
  if (boundary !== undefined) return placeInMultipart(body, boundary, at, found);
  if (isForm(contentType)) return placeInForm(body, at, found);
  return "body";
}

export function isForm(contentType: string): boolean {
  return /^application\/x-www-form-urlencoded/i.test(contentType);
}

export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\//i.test(contentType)) return undefined;
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

function placeInMultipart(body: Buffer, boundary: string, at: number, found: readonly Span[]): string {
  const delimiter = Buffer.from(`--${boundary}`, "latin1");
  const start = body.lastIndexOf(delimiter, at);
  if (start < 0) return "body, before the first part";
  const blank = body.indexOf("\r\n\r\n", start);
  const headEnd = blank < 0 ? body.length : blank;
  const head = body.toString("latin1", start, Math.min(headEnd, start + 4096));
  const [whole, name = ""] = /[;\s]name="([^"]*)"/i.exec(head) ?? [];
  const from = start + (whole === undefined ? 0 : head.indexOf(whole) + whole.indexOf('"') + 1);
  const shown = nameShown(name, { start: from, end: from + name.length }, found);
  if (at >= headEnd) return `body, part ${shown}`;
  const file = /filename\*?="?([^"\r\n]*)/i.exec(head);
  const fileAt = file === null ? -1 : start + file.index;
  if (fileAt >= 0 && at >= fileAt && at < fileAt + (file?.[0].length ?? 0)) return `body, file name of part ${shown}`;
  return `body, head of part ${shown}`;
}

function placeInForm(body: Buffer, at: number, found: readonly Span[]): string {
  const start = body.lastIndexOf("&", at) + 1;
  const equals = body.indexOf("=", start);
  if (equals < 0 || equals > at) return "body, name of a form field";
  const name = body.toString("latin1", start, equals);
  return `body, form field ${nameShown(name, { start, end: equals }, found)}`;
}

function nameShown(name: string, span: Span, found: readonly Span[]): string {
  const isFound = found.some(({ start, end }) => start < span.end && span.start < end);
  return isFound ? "(masked)" : `"${plainLine(name).slice(0, LONGEST_NAME)}"`;
}
