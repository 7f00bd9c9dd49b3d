// Which regular expressions a screen rule may have: what an agent writes on its screen must not be able to make one run for
// long. No repetition of a repetition or of a choice, no backward looks, and few enough open repetitions in a row.

/** Lines are cut to this, and so is a title. */
export const LINE_LIMIT = 200;
/** Of the bottom of the screen, all that is looked at. */
export const TEXT_LIMIT = 4096;
export const MOST_LINES = 50;

/** Steps as reckoned below, of which even the worst case takes but a part (repetitions in a row share one line). */
const STEPS_LIMIT = 4e9;

/** `^` and `$` are the ends of lines. */
export function compilePattern(source: string): RegExp {
  return new RegExp(source, "um");
}

/** What is wrong with it, to be read after its name; undefined for a good one. */
export function patternProblem(source: string): string | undefined {
  try {
    compilePattern(source);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return `is no regular expression: ${said.slice(said.lastIndexOf(": ") + 2)}`;
  }
  try {
    const starts = source.startsWith("^") && !hasChoice(source) ? MOST_LINES : TEXT_LIMIT;
    const steps = starts * choiceCost(newReader(source));
    return steps > STEPS_LIMIT
      ? "has too many open repetitions; begin it with ^ or give them a most, as {0,8}"
      : undefined;
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

class Refused extends Error {}

/** Outside of every group. */
function hasChoice(source: string): boolean {
  const reader = newReader(source);
  for (let depth = 0, atom = reader.next(); atom !== ""; atom = reader.next()) {
    if (atom.startsWith("(")) depth += 1;
    else if (atom === ")") depth -= 1;
    else if (atom === "|" && depth === 0) return true;
  }
  return false;
}

interface Reader {
  /** One part of the pattern: a character, an escape, a class, the opening of a group, `)`, `|`; "" at the end. */
  next(): string;
  peek(): string;
  /** The quantifier that stands here, if one does. */
  most(): number | undefined;
}

const PART =
  /\(\?(?:[:=!]|<[=!]|<[^>]*>|[a-z]*(?:-[a-z]+)?:)|\[(?:\\.|[^\]\\])*\]|\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|k<[^>]*>|c[A-Za-z]|[\s\S])|[\s\S]/uy;
const QUANTIFIER = /(?:[*+]|\?|\{(\d+)(,?)(\d*)\})\??/uy;

function newReader(source: string): Reader {
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  return {
    next() {
      const part = match(PART)?.[0] ?? "";
      at += part.length;
      return part;
    },
    peek: () => match(PART)?.[0] ?? "",
    most() {
      const found = match(QUANTIFIER);
      if (found === null) return undefined;
      at += found[0].length;
      if (found[0].startsWith("?")) return 1;
      if (found[1] === undefined || (found[2] === "," && found[3] === "")) return Number.POSITIVE_INFINITY;
      return Number(found[3] === "" ? found[1] : found[3]);
    },
  };
}

/** In how many ways what stands until the end of this group may match at one place. */
function choiceCost(reader: Reader): number {
  let [all, branch] = [0, 1];
  for (let part = reader.next(); part !== "" && part !== ")"; part = reader.next()) {
    if (part === "|") {
      all += branch;
      branch = 1;
    } else branch *= partCost(part, reader);
  }
  return all + branch;
}

function partCost(part: string, reader: Reader): number {
  if (/^\\(?:[1-9]|k<)/.test(part)) throw new Refused("refers back to a group; that is not accepted");
  if (part.startsWith("(?<=") || part.startsWith("(?<!")) throw new Refused("looks behind; that is not accepted");
  const isGroup = part.startsWith("(");
  const inner = isGroup ? choiceCost(reader) : 1;
  const most = reader.most();
  if (most === undefined) return inner;
  if (most > 1 && inner > 1) throw new Refused("repeats a repetition or a choice; that is not accepted");
  return inner * (1 + Math.min(most, isGroup ? TEXT_LIMIT : reach(part)));
}

/** How far an open repetition of this may go: blanks never fill more than a line, since empty lines are left out. */
function reach(part: string): number {
  return part !== "\\s" && new RegExp(`^${part}$`, "u").test("\n") ? TEXT_LIMIT : LINE_LIMIT;
}
