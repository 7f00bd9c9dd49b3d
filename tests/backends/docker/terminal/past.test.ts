// A long past, bounded: the newest output as it is, of the rest the modes that it left.

import { describe, expect, test } from "vitest";

import { terminalModes } from "#backends/docker/terminal/modes.ts";
import { boundedPast } from "#backends/docker/terminal/past.ts";

describe("a past", () => {
  test("that is short comes back whole", () => {
    const past = boundedPast(100);
    for (const text of ["a", "", "b\u001b[31m"]) past.push(text);
    expect(past.take().join("")).toBe("ab\u001b[31m");
    expect(past.take().join("")).toBe("");
  });

  test("that is long keeps its newest part, and the modes set before it", () => {
    const past = boundedPast(1000);
    past.push("\u001b[?1049h\u001b[?25l");
    for (let line = 0; line < 1000; line += 1) past.push(`line ${line}\r\n`);
    const text = past.take().join("");
    expect(text.startsWith("\u001b[?1049h\u001b[?25l")).toBe(true);
    expect(text.endsWith("line 998\r\nline 999\r\n")).toBe(true);
    expect(text.length).toBeLessThan(2100);
  });
});

describe("modes", () => {
  test("are those that were set last, in that order, and none after a reset", () => {
    const modes = terminalModes();
    modes.feed("\u001b[?1000;1006h text \u001b[?25l\u001b[4h\u001b[2 q\u001b(0\u001b=");
    modes.feed("\u001b[?25h\u001b[?1000l");
    expect(modes.text()).toBe("\u001b[?1006h\u001b[4h\u001b[2 q\u001b(0\u001b=\u001b[?25h\u001b[?1000l");
    modes.feed("\u001bc\u001b[?7l");
    expect(modes.text()).toBe("\u001b[?7l");
  });

  test("are no more than a terminal has, whatever an agent invents", () => {
    const modes = terminalModes();
    for (let number = 0; number < 10_000; number += 1) modes.feed(`\u001b[?${number}h`);
    expect(modes.text().length).toBeLessThan(1000);
  });
});
