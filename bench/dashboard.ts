// The real dashboard on a root, and the few things that measurements do with it.

import { bottleDash, plainEnvironment } from "./programs.ts";
import { openTerminalProgram, type TerminalProgram } from "./terminal-program.ts";

export const MARK = "▸";
export const TAB = { screen: "1", logs: "2" } as const;

/** Open and complete: the last of `slugs` stands on the screen. */
export async function openDashboard(
  root: string,
  slugs: readonly string[],
  size = { cols: 200, rows: 50 },
): Promise<TerminalProgram> {
  const dashboard = openTerminalProgram({ args: [bottleDash], env: plainEnvironment(root), ...size });
  try {
    await dashboard.until((lines) => slugs.every((slug) => shows(lines, slug)), "the whole fleet");
    return dashboard;
  } catch (error) {
    await dashboard.close();
    throw error;
  }
}

export function shows(lines: readonly string[], text: string): boolean {
  return lines.some((line) => line.includes(text));
}

/** The row that the cursor of the list is on; -1 when there is none. */
export function markedRow(lines: readonly string[]): number {
  return lines.findIndex((line) => line.includes(MARK));
}
