// What everything of a bottle is called in the engine, and the labels by which it is found again.

import { sha256 } from "#lib/hash.ts";

export const LABEL = {
  slug: "bottle-dash.slug",
  /** Which root folder it belongs to: two roots may share an engine. */
  root: "bottle-dash.root",
  role: "bottle-dash.role",
} as const;

export type Role = "agent" | "sidecars" | "internal" | "egress" | "home" | "image";

/** Not the path itself: labels are shown to everybody who may ask the engine. */
export function rootLabel(root: string): string {
  return sha256(root).slice(0, 16);
}

export function labels(root: string, slug: string, role: Role): Record<string, string> {
  return { [LABEL.slug]: slug, [LABEL.root]: rootLabel(root), [LABEL.role]: role };
}

/**
 * Whether a container was made by us, by its names in a list. While an image is built its steps run in containers that have
 * whatever labels the Dockerfile sets, and all of the network; but no name of their choice.
 */
export function isNamedByUs({ Names }: { readonly Names?: readonly string[] }): boolean {
  return Names?.some((name) => name.startsWith(`/${PREFIX}`)) ?? false;
}

/** Of the agent's container until it takes the place of the one before. */
export function nextOf(slug: string): string {
  return `${namesOf(slug).agent}-next`;
}

const PREFIX = "bottle-dash-";

export function namesOf(slug: string) {
  return {
    agent: `${PREFIX}${slug}`,
    sidecars: `${PREFIX}${slug}-sidecars`,
    internal: `${PREFIX}${slug}-internal`,
    egress: `${PREFIX}${slug}-egress`,
    home: `${PREFIX}${slug}-home`,
  };
}
