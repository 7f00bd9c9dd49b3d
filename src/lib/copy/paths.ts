// What the two paths of a copy mean, as users of docker know it: into a folder that is there, else as a new name.

import { posix } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";

export interface Source {
  /** Absolute, normal, without a slash at its end. */
  readonly path: string;
  readonly name: string;
  /** `folder/.`: what is in the folder, not the folder itself. */
  readonly contentOnly: boolean;
}

/** `base` is where a relative path begins. Throws `invalid`. */
export function parseSource(text: string, base: string): Source {
  const path = parsePath(text, base);
  return { path, name: posix.basename(path), contentOnly: text === "." || text.endsWith("/.") };
}

export interface Destination {
  readonly path: string;
  /** It ends in a slash: a folder that must be there. */
  readonly isFolder: boolean;
}

export function parseDestination(text: string, base: string): Destination {
  return { path: parsePath(text, base), isFolder: /(?:^|\/)\.{0,2}$/.test(text) };
}

/** Whether `what` stands at the destination; what follows from it. */
export function placeOf(
  source: Source & { readonly isFolder: boolean },
  destination: Destination,
  there: "folder" | "other" | "nothing",
): { readonly folder: string; readonly name: string } {
  const { path } = destination;
  if (there === "folder" && !(source.isFolder && source.contentOnly)) return { folder: path, name: source.name };
  if (there === "nothing" && destination.isFolder && !source.isFolder) {
    throw new BottleError("not-found", "there is no such folder", { where: path });
  }
  if (there === "other" && source.isFolder) {
    throw new BottleError("conflict", "is no folder, and a folder cannot take its place", { where: path });
  }
  return { folder: posix.dirname(path), name: posix.basename(path) };
}

function parsePath(text: string, base: string): string {
  if (text === "" || text.includes("\0"))
    throw new BottleError("invalid", "is no path", { where: JSON.stringify(text) });
  const path = posix.resolve(base, text);
  if (path === "/") throw new BottleError("invalid", "the root folder cannot be copied or replaced", { where: text });
  return path;
}
