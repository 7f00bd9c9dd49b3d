// Colours of printed text: the terminal's own sixteen, or none.

export type Ink = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "dim" | "bold";
export type Paint = (ink: Ink, text: string) => string;

const CODES: Readonly<Record<Ink, readonly [number, number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  dim: [2, 22],
  bold: [1, 22],
};

export const plain: Paint = (_ink, text) => text;

export function painter(color: boolean): Paint {
  if (!color) return plain;
  return (ink, text) => {
    const [on, off] = CODES[ink];
    return text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
