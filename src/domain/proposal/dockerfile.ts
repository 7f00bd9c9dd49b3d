// A Dockerfile as far as whoever approves one must understand it: its instructions with continued lines joined.

export interface Instruction {
  /** In capitals: FROM, RUN, … */
  readonly name: string;
  /** What follows, continued lines joined by a space; here-documents are left out. */
  readonly text: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

/** `# escape=` and `# syntax=` above everything else. */
export interface Directives {
  readonly escape: string;
  readonly syntax: string | undefined;
}

export function directivesOf(text: string): Directives {
  const found = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, key, value] = /^#\s*([A-Za-z]+)\s*=\s*(\S.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) break;
    if (!found.has(key.toLowerCase())) found.set(key.toLowerCase(), value);
  }
  return { escape: found.get("escape") === "`" ? "`" : "\\", syntax: found.get("syntax") };
}

export function instructionsOf(text: string): Instruction[] {
  const { escape } = directivesOf(text);
  const lines = text.split("\n");
  const found: Instruction[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = at + 1;
    if (isSkipped(lines[at])) continue;
    const parts: string[] = [];
    for (; at < lines.length; at += 1) {
      const part = (lines[at] ?? "").trim();
      if (isSkipped(part)) continue; // comments and empty lines may stand within an instruction
      const goesOn = part.endsWith(escape);
      parts.push(goesOn ? part.slice(0, -1).trim() : part);
      if (!goesOn) break;
    }
    const [, name = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(parts.join(" ")) ?? [];
    found.push({ name: name.toUpperCase(), text: rest, line });
    at = endOfHereDocuments(lines, at, rest, name);
  }
  return found;
}

/** What the stages are made from, in their order; stages of the file itself are left out. */
export function baseImages(text: string): string[] {
  const stages = new Set<string>();
  const images: string[] = [];
  for (const { name, text: rest } of instructionsOf(text)) {
    if (name !== "FROM") continue;
    const [image = "", as, stage] = rest.split(/\s+/).filter((word) => !word.startsWith("--"));
    if (!stages.has(image.toLowerCase()) && !images.includes(image)) images.push(image);
    if (as?.toLowerCase() === "as" && stage !== undefined) stages.add(stage.toLowerCase());
  }
  return images;
}

function isSkipped(line: string | undefined): boolean {
  return line === undefined || /^\s*(?:#|$)/.test(line);
}

/** The index of the line that ends the last here-document that `rest` opens; `at` when it opens none. */
function endOfHereDocuments(lines: readonly string[], at: number, rest: string, name: string): number {
  if (!/^(?:RUN|COPY|ADD)$/i.test(name)) return at;
  let end = at;
  for (const [, dash, , word] of rest.matchAll(/<<(-?)(["']?)([A-Za-z_][A-Za-z0-9_]*)\2/g)) {
    const close = lines.findIndex(
      (line, index) => index > end && (dash === "-" ? line.replace(/^\t+/, "") : line) === word,
    );
    if (close === -1) return lines.length;
    end = close;
  }
  return end;
}
