// The two places where we look behind xterm's public interface; tests/sidecars/guest-agent/emulator.test.ts holds them.

import type headless from "@xterm/headless";

type Terminal = InstanceType<typeof headless.Terminal>;

interface Core {
  readonly buffer: {
    readonly x: number;
    readonly y: number;
    readonly scrollTop: number;
    readonly scrollBottom: number;
    readonly lines: { get(index: number): object | undefined };
  };
  readonly coreService: {
    readonly isCursorHidden: boolean;
    readonly decPrivateModes: {
      readonly origin: boolean;
      readonly cursorStyle?: string;
      readonly cursorBlink?: boolean;
    };
  };
  readonly coreMouseService: { readonly activeEncoding: string };
}

interface Line {
  _combined: Record<number, string>;
  addCodepointToCell(index: number, codepoint: number, width: number): void;
}

const COMBINING_LIMIT = 32;
const bounded = new WeakSet<object>();

/** One cell takes any number of combining characters; an agent that sends them without end must not fill our memory. */
export function boundCombining(terminal: Terminal): void {
  const line = coreOf(terminal).buffer.lines.get(0);
  const prototype = line === undefined ? undefined : (Object.getPrototypeOf(line) as Line);
  if (prototype === undefined || bounded.has(prototype)) return;
  bounded.add(prototype);
  const add = prototype.addCodepointToCell;
  prototype.addCodepointToCell = function (this: Line, index, codepoint, width) {
    if ((this._combined[index]?.length ?? 0) < COMBINING_LIMIT) add.call(this, index, codepoint, width);
  };
}

/** What the serializer leaves out: the scrolling region, the cursor's visibility and shape, how the mouse is encoded. */
export function privateState(terminal: Terminal): string {
  const { buffer, coreService, coreMouseService } = coreOf(terminal);
  const { origin, cursorStyle, cursorBlink } = coreService.decPrivateModes;
  let text = "";
  const region = buffer.scrollTop !== 0 || buffer.scrollBottom !== terminal.rows - 1;
  if (region) text += `\u001b[${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r`;
  // Both the region and the origin mode move the cursor.
  if (region || origin) text += `\u001b[${buffer.y + 1 - (origin ? buffer.scrollTop : 0)};${buffer.x + 1}H`;
  if (coreService.isCursorHidden) text += "\u001b[?25l";
  const style = cursorStyle === undefined ? 0 : (STYLES[cursorStyle] ?? 0);
  if (style !== 0) text += `\u001b[${cursorBlink === false ? style + 1 : style} q`;
  if (coreMouseService.activeEncoding === "SGR") text += "\u001b[?1006h";
  if (coreMouseService.activeEncoding === "SGR_PIXELS") text += "\u001b[?1016h";
  return text;
}

const STYLES: Readonly<Record<string, number>> = { block: 1, underline: 3, bar: 5 };

function coreOf(terminal: Terminal): Core {
  return (terminal as unknown as { _core: Core })._core;
}
