// A terminal's screen as an SVG picture: one text element a row, one span for each run of cells that look alike.

import type { IBufferCell, Terminal } from "@xterm/headless";

const CELL = { width: 8.43, height: 16.5 } as const;
const MARGIN = 14;
const BACKGROUND = "#16181d";
const FOREGROUND = "#d4d7dd";
/** The sixteen colours, dark enough and bright enough on this background. */
const PALETTE = [
  "#3b4048",
  "#e06c75",
  "#98c379",
  "#e5c07b",
  "#61afef",
  "#c678dd",
  "#56b6c2",
  "#abb2bf",
  "#7f8694",
  "#ff8a93",
  "#b5e08f",
  "#ffd68a",
  "#8cc8ff",
  "#dc9bf0",
  "#7fd6e0",
  "#ffffff",
] as const;

interface Look {
  readonly color: string;
  readonly background: string | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
}

interface Run {
  readonly at: number;
  readonly text: string;
  readonly cells: number;
  readonly look: Look;
}

export function screenToSvg(screen: Terminal, title: string): string {
  const rows = Array.from({ length: screen.rows }, (_, row) => runsOf(screen, row));
  const width = screen.cols * CELL.width + 2 * MARGIN;
  const height = screen.rows * CELL.height + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">`,
    ...rows.flatMap((runs, row) => runs.flatMap((run) => drawn(run, row))),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function runsOf(screen: Terminal, row: number): Run[] {
  const { active } = screen.buffer;
  const line = active.getLine(active.baseY + row);
  const runs: Run[] = [];
  for (let column = 0; column < screen.cols; column += 1) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue; // the second half of a wide character
    const look = lookOf(cell);
    const text = cell.getChars() || " ";
    const last = runs.at(-1);
    if (last !== undefined && sameLook(last.look, look)) {
      runs[runs.length - 1] = { ...last, text: last.text + text, cells: last.cells + cell.getWidth() };
    } else {
      runs.push({ at: column, text, cells: cell.getWidth(), look });
    }
  }
  return runs.filter(({ text, look }) => text.trim() !== "" || look.background !== undefined);
}

function lookOf(cell: IBufferCell): Look {
  const color = colorOf(cell.isFgDefault(), cell.isFgPalette(), cell.getFgColor());
  const background = colorOf(cell.isBgDefault(), cell.isBgPalette(), cell.getBgColor());
  const inverse = cell.isInverse() !== 0;
  return {
    color: (inverse ? (background ?? BACKGROUND) : color) ?? FOREGROUND,
    background: inverse ? (color ?? FOREGROUND) : background,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    italic: cell.isItalic() !== 0,
    underline: cell.isUnderline() !== 0,
  };
}

function colorOf(isDefault: boolean, isPalette: boolean, value: number): string | undefined {
  if (isDefault) return undefined;
  if (!isPalette) return `#${value.toString(16).padStart(6, "0")}`;
  return value < 16 ? PALETTE[value] : cubeColor(value);
}

/** Colours 16 to 255: a cube of six steps each, then greys. */
function cubeColor(value: number): string {
  if (value >= 232) return hex([0, 0, 0].map(() => 8 + (value - 232) * 10));
  const steps = [0, 95, 135, 175, 215, 255];
  const index = value - 16;
  return hex([steps[Math.floor(index / 36)]!, steps[Math.floor(index / 6) % 6]!, steps[index % 6]!]);
}

function hex(parts: readonly number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function sameLook(one: Look, other: Look): boolean {
  return (Object.keys(one) as (keyof Look)[]).every((key) => one[key] === other[key]);
}

function drawn({ at, text, cells, look }: Run, row: number): string[] {
  const x = (MARGIN + at * CELL.width).toFixed(1);
  const top = MARGIN + row * CELL.height;
  const width = (cells * CELL.width).toFixed(1);
  const rect =
    look.background === undefined
      ? []
      : [`<rect x="${x}" y="${top}" width="${width}" height="${CELL.height}" fill="${look.background}"/>`];
  if (text.trim() === "") return rect;
  const style = [
    `fill="${look.color}"`,
    ...(look.bold ? ['font-weight="bold"'] : []),
    ...(look.dim ? ['opacity="0.6"'] : []),
    ...(look.italic ? ['font-style="italic"'] : []),
    ...(look.underline ? ['text-decoration="underline"'] : []),
  ];
  return [
    ...rect,
    `<text x="${x}" y="${(top + 12.5).toFixed(1)}" textLength="${width}" lengthAdjust="spacingAndGlyphs" ${style.join(" ")}>${escaped(text)}</text>`,
  ];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
