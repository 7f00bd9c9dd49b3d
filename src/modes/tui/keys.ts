// Names of keys as they stand in the action table and in config.yml: "j", "G", "ctrl-s", "enter", "shift-tab".

import type { Key } from "ink";

const NAMED: readonly (readonly [keyof Key, string])[] = [
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageUp", "pgup"],
  ["pageDown", "pgdn"],
  ["home", "home"],
  ["end", "end"],
  ["return", "enter"],
  ["escape", "esc"],
  ["backspace", "backspace"],
  ["delete", "delete"],
];

/** What Ink read as one input is several keys when they were typed faster than they were read. */
export function keyNames(input: string, key: Key): string[] {
  if (key.eventType === "release") return [];
  const named = NAMED.find(([flag]) => key[flag] === true);
  if (named !== undefined) return [named[1]];
  if (key.tab) return [key.shift ? "shift-tab" : "tab"];
  if (key.ctrl) return input === "" ? [] : [`ctrl-${input.toLowerCase()}`];
  if (key.meta) return input === "" ? [] : [`alt-${input}`];
  return Array.from(input, (character) => KEY_OF_CHARACTER[character] ?? character).filter(
    (name) => name.length > 1 || name >= " ",
  );
}

const KEY_OF_CHARACTER: Readonly<Record<string, string>> = { "\r": "enter", "\n": "enter", "\t": "tab", " ": "space" };

const SHOWN: Readonly<Record<string, string>> = {
  up: "↑",
  down: "↓",
  left: "←",
  right: "→",
  enter: "Enter",
  esc: "Esc",
  tab: "Tab",
  "shift-tab": "Shift-Tab",
  pgup: "PgUp",
  pgdn: "PgDn",
  home: "Home",
  end: "End",
  space: "Space",
};

export function shownKey(name: string): string {
  return SHOWN[name] ?? name;
}

const MULTI = new Set([...Object.keys(SHOWN), "backspace", "delete"]);

/** Whether config.yml may name this key. */
export function isKeyName(name: string): boolean {
  if (MULTI.has(name)) return true;
  if (/^(?:ctrl|alt)-.$/u.test(name)) return true;
  return Array.from(name).length === 1 && name > " ";
}

/** Whether the key would be a character in a text field. */
export function isTyping(name: string): boolean {
  return name === "space" || name === "backspace" || name === "delete" || Array.from(name).length === 1;
}
