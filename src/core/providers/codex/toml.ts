// Writes settings as TOML: a whole file, or one value on a line.

export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable;
export interface TomlTable {
  readonly [key: string]: TomlValue;
}

/** Plain values first, then a section for each table below. */
export function tomlDocument(table: TomlTable): string {
  return `${sections(table, []).join("\n\n")}\n`;
}

/** `{ a = 1, "b c" = [true] }` for a table; never with a line break. */
export function tomlValue(value: TomlValue): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (isList(value)) return `[${value.map(tomlValue).join(", ")}]`;
  const members = Object.entries(value).map(([key, member]) => `${tomlKey(key)} = ${tomlValue(member)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

function sections(table: TomlTable, path: readonly string[]): string[] {
  const plain = Object.entries(table).filter(([, value]) => !isTable(value));
  const lines = plain.map(([key, value]) => `${tomlKey(key)} = ${tomlValue(value)}`);
  const header = path.length === 0 || plain.length === 0 ? [] : [`[${path.map(tomlKey).join(".")}]`];
  const own = lines.length === 0 ? [] : [[...header, ...lines].join("\n")];
  return [
    ...own,
    ...Object.entries(table).flatMap(([key, value]) => (isTable(value) ? sections(value, [...path, key]) : [])),
  ];
}

function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key);
}

/** A basic string: JSON's escapes are TOML's, but for DEL and lone surrogates, which TOML has no place for. */
function quoted(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll("\u007f", "\\u007f");
}

function isList(value: TomlValue): value is readonly TomlValue[] {
  return Array.isArray(value);
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === "object" && !isList(value);
}
