// One thing that the operator can do: keys, help, palette and footer are made from rows of this shape.

import type { Context } from "../context.ts";
import type { Layer, Step } from "../view.ts";

/** "egress": the main screen while the arrows move in the tab Egress. */
export type Place = "main" | "egress" | Layer["type"];

export interface Action {
  readonly id: string;
  /** One or two words for the footer. */
  readonly title: string;
  /** Another title where the same key means something more exact. */
  readonly titleNow?: (context: Context) => string;
  /** A sentence for help and palette. */
  readonly description: string;
  readonly keys: readonly string[];
  readonly places: readonly Place[];
  /** True, or why not now. */
  readonly enabled: (context: Context) => true | string;
  readonly run: (context: Context) => Step;
  /** Shown in the footer where it works, smaller numbers first. */
  readonly footer?: number;
  /** Not in the palette: it moves about or belongs to a dialog. */
  readonly motion?: true;
}

export const always = (): true => true;

/** A row of a dialog: it works whenever its dialog is on top. */
export function dialog(
  id: string,
  title: string,
  description: string,
  keys: string[],
  places: Action["places"],
  footer: number,
  run: Action["run"],
): Action {
  return { id, title, description, keys, places, footer, enabled: always, run, motion: true };
}

/** The main screen, wherever its arrows move. */
export const MAIN: readonly Place[] = ["main", "egress"];

/** Where nothing is typed and no dialog waits: the keys for going elsewhere work. */
export const BROWSING: readonly Place[] = [...MAIN, "inbox", "proposal", "request", "allow", "crash-logs", "crash-log"];

/** Where something is chosen or read, one of several. */
export const LISTS: readonly Place[] = [...BROWSING, "help", "palette", "picker", "preflight", "backends", "scope"];

/** Everywhere that Esc leads out of. */
export const LEAVABLE: readonly Place[] = [...LISTS, "form", "prompt", "confirm"];

/** A launch under way is all that cannot be left. */
export const EVERYWHERE: readonly Place[] = [...LEAVABLE, "progress"];
