import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { viewerSafe } from "#lib/screen/viewer-safe.ts";

const ESC = "\u001b";

describe("what acts on the operator's machine is taken out", () => {
  test.each([
    ["a title", `${ESC}]0;rm -rf\u0007`],
    ["a title ended by ST", `${ESC}]2;x${ESC}\\`],
    ["the clipboard", `${ESC}]52;c;cm0gLXJm\u0007`],
    ["reading the clipboard", `${ESC}]52;c;?\u0007`],
    ["a notification", `${ESC}]9;click me\u0007`],
    ["another notification", `${ESC}]777;notify;a;b${ESC}\\`],
    ["a palette", `${ESC}]4;1;rgb:00/00/00\u0007`],
    ["asking for colours", `${ESC}]11;?\u0007`],
    ["the working directory", `${ESC}]7;file:///etc\u0007`],
    ["iTerm's own", `${ESC}]1337;File=name=x:AAAA\u0007`],
    ["an 8-bit OSC", `\u009d0;x\u009c`],
    ["a DCS", `${ESC}P$q"p${ESC}\\`],
    ["sixel graphics", `${ESC}Pq#0;2;0;0;0${ESC}\\`],
    ["an APC", `${ESC}_Gf=100;AAAA${ESC}\\`],
    ["a PM", `${ESC}^x${ESC}\\`],
    ["an SOS", `${ESC}Xx${ESC}\\`],
    ["a tmux passthrough", `${ESC}Ptmux;${ESC}\\`],
    ["asking where the cursor is", `${ESC}[6n`],
    ["asking what it is", `${ESC}[c${ESC}[>c${ESC}[=c${ESC}Z`],
    ["asking for its version", `${ESC}[>0q`],
    ["asking for a mode", `${ESC}[?2026$p`],
    ["kitty's keyboard", `${ESC}[>1u${ESC}[?u`],
    ["modifyOtherKeys", `${ESC}[>4;2m`],
    ["moving the window", `${ESC}[3;0;0t`],
    ["printing", `${ESC}[5i`],
    ["an answerback", "\u0005"],
    ["an 8-bit query", "\u009b6n"],
    ["leaving UTF-8", `${ESC}%@`],
    ["8-bit controls", `${ESC} G`],
    ["escapes that begin nothing", `${ESC}${ESC}\u0005`],
    ["a link to a file", `${ESC}]8;;file:///etc/passwd\u0007`],
    ["a title within a link", `${ESC}]8;\u009d0;https://example.com\u0007`],
    ["a query within a link", `${ESC}]8;\u009bc;\u0007`],
    ["a line within a link", `${ESC}]8;a\nb;\u0007`],
    ["locking the keyboard", `${ESC}[2h${ESC}[4;2h`],
    ["what the return key sends", `${ESC}[20h${ESC}[12l`],
    ["a link to a program", `${ESC}]8;;x-man-page:ls\u0007`],
  ])("%s", (_what, text) => {
    expect(viewerSafe(`before${text}after`)).toBe("beforeafter");
  });
});

describe("what draws stays as it is", () => {
  test.each([
    ["colours", `${ESC}[1;38:2::1:2:3m`],
    ["moving the cursor", `${ESC}[3;4H${ESC}[2A${ESC}[G`],
    ["clearing", `${ESC}[2J${ESC}[K${ESC}[?2J`],
    ["the other buffer", `${ESC}[?1049h${ESC}[?1049l`],
    ["insert mode", `${ESC}[4h${ESC}[4l`],
    ["mouse and paste modes", `${ESC}[?1000;1006h${ESC}[?2004h`],
    ["the scrolling region", `${ESC}[2;10r`],
    ["saving the cursor", `${ESC}7${ESC}8${ESC}[s${ESC}[u`],
    ["the cursor's shape", `${ESC}[5 q`],
    ["line drawing", `${ESC}(0`],
    ["a soft reset", `${ESC}[!p`],
    ["a bell", "\u0007"],
    ["text in any script", "naïve 日本語 👩‍👩‍👧 \t\r\n"],
  ])("%s", (_what, text) => {
    expect(viewerSafe(text)).toBe(text);
  });

  test("a link to the web", () => {
    const link = `${ESC}]8;id=1;https://example.com/a?b=c${ESC}\\here${ESC}]8;;${ESC}\\`;
    expect(viewerSafe(link)).toBe(link);
  });
});

test("never brings an escape together with what it would begin", () => {
  expect(viewerSafe(`${ESC}\u0005]52;c;AAAA\u0007`)).toBe("]52;c;AAAA\u0007");
  expect(viewerSafe(`${ESC}\u0090x\u009c]52;c;AAAA\u0007`)).toBe("]52;c;AAAA\u0007");
  expect(viewerSafe(`${ESC}${ESC}]0;x\u0007[6n`)).toBe("[6n");
});

test("a full reset resets and clears no more than the agent's own screen", () => {
  expect(viewerSafe(`a${ESC}cb`)).toBe(`a${ESC}[!p${ESC}[2J${ESC}[Hb`);
});

test("leaves no query, title or clipboard access of whatever is thrown together", () => {
  const unit = fc.constantFrom(
    ESC,
    "[",
    "]",
    "8",
    "P",
    "0",
    "5",
    "2",
    ";",
    "c",
    "n",
    "?",
    ">",
    "\u0007",
    "\\",
    "x",
    "\u009b",
    "\u009d",
    "\u0090",
    "m",
    "$",
    "p",
  );
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 40 }), (units) => {
      const safe = viewerSafe(units.join(""));
      const [, ...begun] = safe.split(ESC); // what stands after each escape
      expect(begun.filter((rest) => /^(?:\](?!8;)|[PX^_]|\[[0-9;]*[cnt])/.test(rest))).toEqual([]);
      expect(
        Array.from(safe).filter((character) => character === "\u0005" || /[\u0080-\u009f]/.test(character)),
      ).toEqual([]);
      expect(viewerSafe(safe)).toBe(safe);
    }),
    { numRuns: 20_000 },
  );
});
