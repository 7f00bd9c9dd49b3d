import headless from "@xterm/headless";
import { describe, expect, test } from "vitest";

import { openEmulator, type Emulator } from "#lib/screen/emulator.ts";

const ESC = "\u001b";

function feed(emulator: Emulator, text: string): Promise<void> {
  return new Promise((resolve) => emulator.write(text, resolve));
}

/** What an empty terminal shows after the snapshot, cell by cell, with its modes. */
async function rebuilt(emulator: Emulator) {
  const terminal = new headless.Terminal({
    cols: emulator.cols,
    rows: emulator.rows,
    scrollback: 5000,
    allowProposedApi: true,
  });
  await new Promise<void>((resolve) => terminal.write(emulator.snapshot(), resolve));
  return terminal;
}

type Terminal = Awaited<ReturnType<typeof rebuilt>>;

function text(terminal: Terminal): string {
  const buffer = terminal.buffer.active;
  return Array.from({ length: buffer.length }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? "")
    .join("\n")
    .trimEnd();
}

async function after(output: string, cols = 40, rows = 6): Promise<{ terminal: Terminal; emulator: Emulator }> {
  const emulator = openEmulator(cols, rows, () => {});
  await feed(emulator, output);
  return { terminal: await rebuilt(emulator), emulator };
}

describe("a snapshot", () => {
  test("has the scrollback, the screen and the cursor", async () => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`).join("\r\n");
    const { terminal } = await after(`${lines}\r\nprompt> `);
    expect(text(terminal)).toBe(`${lines.replaceAll("\r", "")}\nprompt>`);
    expect([terminal.buffer.active.cursorX, terminal.buffer.active.cursorY]).toEqual([8, 5]);
  });

  test("has colours and attributes, also those in force at the cursor", async () => {
    const { terminal } = await after(`${ESC}[1;31mred${ESC}[0m plain ${ESC}[4;38;2;1;2;3m`);
    const line = terminal.buffer.active.getLine(0)!;
    expect([line.getCell(0)!.getFgColor(), line.getCell(0)!.isBold() !== 0, line.getCell(5)!.isBold() !== 0]).toEqual([
      1,
      true,
      false,
    ]);
    await new Promise<void>((resolve) => terminal.write("x", resolve));
    expect(terminal.buffer.active.getLine(0)!.getCell(10)!.getFgColor()).toBe(0x010203);
  });

  test("has the other buffer above the normal one", async () => {
    const { terminal } = await after(`shell$ ${ESC}[?1049h${ESC}[2J${ESC}[3;5Heditor`);
    expect(terminal.buffer.active.type).toBe("alternate");
    expect(text(terminal)).toBe("\n\n    editor");
    await new Promise<void>((resolve) => terminal.write(`${ESC}[?1049l`, resolve));
    expect(text(terminal)).toBe("shell$");
  });

  test("has the modes", async () => {
    const { terminal } = await after(`${ESC}[?1h${ESC}[?2004h${ESC}[?1003h${ESC}[?1006h${ESC}[?1004h${ESC}[?7l`);
    expect(terminal.modes).toMatchObject({
      applicationCursorKeysMode: true,
      bracketedPasteMode: true,
      mouseTrackingMode: "any",
      sendFocusMode: true,
      wraparoundMode: false,
    });
  });

  test("has what the serializer leaves out: region, hidden cursor, its shape, the mouse's encoding", async () => {
    const { emulator } = await after(`${ESC}[2;4r${ESC}[3;7H${ESC}[?25l${ESC}[6 q${ESC}[?1000h${ESC}[?1006h`);
    const snapshot = emulator.snapshot();
    expect(snapshot.slice(-40)).toContain(`${ESC}[2;4r${ESC}[3;7H${ESC}[?25l${ESC}[6 q${ESC}[?1006h`);
    const { terminal } = { terminal: await rebuilt(emulator) };
    expect([terminal.buffer.active.cursorX, terminal.buffer.active.cursorY]).toEqual([6, 2]);
  });

  test("keeps wide and combined characters whole", async () => {
    const { terminal } = await after("日本語 e\u0301 👩‍💻 ok");
    expect(text(terminal)).toContain("日本語 e\u0301");
    expect(text(terminal)).toContain("ok");
  });

  test("stays sendable when every cell of a deep scrollback has a colour of its own", async () => {
    const emulator = openEmulator(300, 100, () => {});
    let output = "";
    for (let cell = 0; cell < 300 * 600; cell += 1)
      output += `${ESC}[38;2;${cell % 256};${(cell >> 8) % 256};7;48;2;9;${cell % 256};1mx`;
    await feed(emulator, output);
    expect(emulator.snapshot().length).toBeLessThan(2_000_000);
    expect(text(await rebuilt(emulator)).replaceAll("\n", "").length).toBeGreaterThanOrEqual(300 * 100);
  });
});

test("answers the agent's questions", async () => {
  const answers: string[] = [];
  const emulator = openEmulator(80, 24, (data) => answers.push(data));
  await feed(emulator, `abc${ESC}[6n${ESC}[c`);
  expect(answers).toEqual([`${ESC}[1;4R`, `${ESC}[?1;2c`]);
});

test("does not grow when one cell gets combining characters without end", async () => {
  const emulator = openEmulator(80, 24, () => {});
  await feed(emulator, `e${"\u0301".repeat(100_000)}`);
  for (let round = 0; round < 100; round += 1) await feed(emulator, `${ESC}[2G${"\u0301".repeat(1000)}`);
  expect(emulator.snapshot().length).toBeLessThan(500);
});

test.each(["b", "L", "M", "S", "T", "I", "Z"])(
  "does not lose itself in a count of two billion before %s",
  async (final) => {
    const emulator = openEmulator(80, 24, () => {});
    const began = performance.now();
    await feed(emulator, `A${ESC}[2147483647${final}${ESC}[H${ESC}[2JB`);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(emulator.lastLine()).toBe("B");
  },
);

test("repeats and inserts as often as it is asked within a screen", async () => {
  const { emulator } = await after(`ab${ESC}[3b\r\nsecond${ESC}[2L`);
  expect(emulator.plainTail(10)).toEqual(["abbbb", "", "", "second"]);
});

test("finds the last line at the cursor or above, as plain text", async () => {
  const { emulator } = await after(`first\r\n${ESC}[31msecond${ESC}[0m\r\n\r\n`);
  expect(emulator.lastLine()).toBe("second");
});

test("keeps the last lines for a crash log", async () => {
  const { emulator } = await after(Array.from({ length: 300 }, (_, index) => `at ${index}`).join("\r\n"));
  const tail = emulator.plainTail(200);
  expect(tail).toHaveLength(200);
  expect([tail[0], tail.at(-1)]).toEqual(["at 100", "at 299"]);
});
