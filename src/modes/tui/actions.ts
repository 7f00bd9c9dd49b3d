// The one table of what the operator can do. Keys, help, palette and footer are made from it, and config.yml may rebind it.

import { BottleError } from "#domain/bottle-error.ts";

import type { Action, Place } from "./actions/action.ts";
import { bottles } from "./actions/bottles.ts";
import { decide } from "./actions/decide.ts";
import { dialogs } from "./actions/dialogs.ts";
import { egress } from "./actions/egress.ts";
import { launching } from "./actions/launching.ts";
import { logs } from "./actions/logs.ts";
import { navigate } from "./actions/navigate.ts";
import { processActions } from "./actions/process.ts";
import type { Context } from "./context.ts";
import { isKeyName, shownKey } from "./keys.ts";
import { isSheet, top, type View } from "./view.ts";

export type { Action, Place } from "./actions/action.ts";

export const ACTIONS: readonly Action[] = [
  ...decide,
  ...egress,
  ...bottles,
  ...logs,
  ...navigate,
  ...dialogs,
  ...launching,
  ...processActions,
];

/** The table with the operator's keys. */
export interface Keymap {
  readonly actions: readonly Action[];
  find(place: Place, key: string): Action | undefined;
}

/** `overrides`: action id → key or keys. Throws `invalid` for an unknown action or key, and for a collision, naming both. */
export function bindKeys(overrides: Readonly<Record<string, string | readonly string[]>> = {}): Keymap {
  for (const id of Object.keys(overrides)) {
    if (!ACTIONS.some((action) => action.id === id)) {
      throw new BottleError("invalid", `${JSON.stringify(id)} is no action`, {
        where: `config.yml: keys`,
        hint: "see `?` in the dashboard for their names",
      });
    }
  }
  const actions = ACTIONS.map((action) => {
    const own = overrides[action.id];
    return own === undefined ? action : { ...action, keys: typeof own === "string" ? [own] : own };
  });
  const table = new Map<string, Action>();
  for (const action of actions) for (const key of action.keys) claim(table, action, key);
  return { actions, find: (place, key) => table.get(`${place} ${key}`) };
}

function claim(table: Map<string, Action>, action: Action, key: string): void {
  if (!isKeyName(key)) {
    throw new BottleError("invalid", `${JSON.stringify(key)} is no key`, {
      where: `config.yml: keys.${action.id}`,
      hint: "use a character, or a name such as ctrl-s, enter, esc, tab, up, pgdn",
    });
  }
  for (const place of action.places) {
    const other = table.get(`${place} ${key}`);
    if (other !== undefined && other !== action) {
      throw new BottleError(
        "invalid",
        `the key ${shownKey(key)} is bound to both ${other.id} and ${action.id} (${place})`,
        {
          where: `config.yml: keys.${action.id}`,
          hint: "give one of them another key",
        },
      );
    }
    table.set(`${place} ${key}`, action);
  }
}

export function placeOf(view: View): Place {
  const layer = top(view);
  if (layer !== undefined) return layer.type;
  return view.tab === "egress" && view.focus === "preview" ? "egress" : "main";
}

export interface Hint {
  readonly key: string;
  readonly title: string;
}

/** The keys that work here and now, the most useful first, help last. */
export function footerHints(keymap: Keymap, context: Context): Hint[] {
  const place = placeOf(context.view);
  return keymap.actions
    .filter(
      (action) => action.footer !== undefined && action.places.includes(place) && action.enabled(context) === true,
    )
    .toSorted((a, b) => (a.footer ?? 0) - (b.footer ?? 0))
    .map((action) => ({ key: shownKey(action.keys[0] ?? ""), title: titleOf(action, context) }));
}

function titleOf({ title, titleNow }: Action, context: Context): string {
  return titleNow === undefined ? title : titleNow(context);
}

export interface HelpLine {
  readonly keys: string;
  readonly id: string;
  readonly description: string;
  /** Why it does not work now; empty when it does or is not for this place. */
  readonly reason: string;
  readonly here: boolean;
}

/** All actions: those of the place under the help first. */
export function helpLines(keymap: Keymap, context: Context, filter: string): HelpLine[] {
  const under = beneath(context);
  const place = placeOf(under.view);
  const wanted = filter.toLowerCase();
  const lines = keymap.actions.map((action): HelpLine => {
    const here = action.places.includes(place);
    const state = here ? action.enabled(under) : true;
    return {
      keys: action.keys.map(shownKey).join(" "),
      id: action.id,
      description: action.description,
      reason: state === true ? "" : state,
      here,
    };
  });
  return lines
    .filter(({ keys, id, description }) => `${keys} ${id} ${description}`.toLowerCase().includes(wanted))
    .toSorted((a, b) => Number(b.here) - Number(a.here));
}

/** What the palette offers for the screen under it. */
export function paletteActions(keymap: Keymap, context: Context, filter: string): { action: Action; reason: string }[] {
  const under = beneath(context);
  const place = placeOf(under.view);
  const wanted = filter.toLowerCase();
  return keymap.actions
    .filter((action) => action.motion !== true && action.id !== "palette" && action.places.includes(place))
    .filter(({ id, title, description }) => `${id} ${title} ${description}`.toLowerCase().includes(wanted))
    .map((action) => ({ action, state: action.enabled(under) }))
    .map(({ action, state }) => ({ action, reason: state === true ? "" : state }));
}

/** The same context without the help or the palette on top. */
export function beneath(context: Context): Context {
  const layer = top(context.view);
  const covers = layer !== undefined && (layer.type === "help" || (isSheet(layer) && layer.type === "palette"));
  return covers ? { ...context, view: { ...context.view, stack: context.view.stack.slice(0, -1) } } : context;
}
