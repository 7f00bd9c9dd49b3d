// What an agent may have switched on in the operator's terminal, and the bytes that switch all of it off again.

const ESC = "\u001b";
const csi = (rest: string): string => `${ESC}[${rest}`;
const off = (...modes: number[]): string => modes.map((mode) => csi(`?${mode}l`)).join("");

/** Keyboard protocols have a state for each of the two screens: both are popped. */
const KEYBOARD = [csi("=0u"), csi("<16u"), csi(">4;0m")].join("");

/**
 * Every mode back to what a shell expects. Idempotent, and harmless where a mode was never on:
 * the string terminator first, so that a half-written OSC or DCS string does not swallow the rest.
 */
export const RESET_MODES = [
  `${ESC}\\`,
  off(2026), // synchronized output
  csi("0m"), // colours and attributes
  `${ESC}(B${ESC})B\u000f`, // line-drawing character sets
  off(6, 69), // origin mode, left and right margins
  csi("r"), // scroll region
  csi("?7h"), // auto-wrap
  csi("4l"), // insert mode
  off(1), // application cursor keys
  `${ESC}>`, // application keypad
  off(9, 1000, 1001, 1002, 1003, 1005, 1006, 1015, 1016), // mouse
  off(1004, 2004, 2031, 2048), // focus, bracketed paste, colour-scheme and size reports
  KEYBOARD,
  `${ESC}]104${ESC}\\${ESC}]110${ESC}\\${ESC}]111${ESC}\\${ESC}]112${ESC}\\`, // palette and default colours
  off(12), // blinking cursor
  csi("0 q"), // cursor shape
  csi("?25h"), // cursor visible
].join("");

/** Out of the alternate screen, whoever entered it, and its twin of the keyboard state. */
const LEAVE_ALTERNATE_SCREEN = `${off(1047, 1049)}${KEYBOARD}${csi("?25h")}`;

/** All of it: what is written when the terminal goes back to the shell. Leaves the cursor where the main screen had it. */
export const RESTORE_TERMINAL = `${RESET_MODES}${LEAVE_ALTERNATE_SCREEN}`;

/** An empty screen of its own for an agent, with the operator's title put aside. */
export function enterAgentScreen(title: string): string {
  return `${csi("22;2t")}${setTitle(title)}${csi("?1049h")}${csi("2J")}${csi("H")}`;
}

/** The way back from `enterAgentScreen`, whatever the agent did meanwhile. */
export function leaveAgentScreen(): string {
  return `${RESTORE_TERMINAL}${csi("23;2t")}`;
}

/** `title` must be plain text. */
function setTitle(title: string): string {
  return `${ESC}]2;${title}${ESC}\\`;
}
