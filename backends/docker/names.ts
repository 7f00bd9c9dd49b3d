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

export function namesOf(slug: string) {
  return {
    agent: `bottle-dash-${slug}`,
    sidecars: `bottle-dash-${slug}-sidecars`,
    internal: `bottle-dash-${slug}-internal`,
    egress: `bottle-dash-${slug}-egress`,
    home: `bottle-dash-${slug}-home`,
  };
}
