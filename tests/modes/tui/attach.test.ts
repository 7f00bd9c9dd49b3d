// The relay between the operator's terminal and an agent's.

import { PassThrough } from "node:stream";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { attachFitted, parseDetachKey, relayTerminal } from "#modes/tui/attach.ts";
import { RESET_MODES } from "#modes/tui/terminal-modes.ts";
import { scriptedConsole } from "#tests/helpers/scripted-console.ts";

const detachKey = parseDetachKey("ctrl-]");

class FakeTty extends PassThrough {
  readonly isTTY = true;
  isRaw = false;
  columns = 80;
  rows = 24;
  written = "";
  setRawMode(raw: boolean): this {
    this.isRaw = raw;
    return this;
  }
}

function terminal() {
  const input = new FakeTty();
  const output = new FakeTty();
  output.on("data", (data: Buffer) => (output.written += data.toString()));
  const console = scriptedConsole();
  console.script.bottle({ slug: "a-1" });
  return {
    input,
    output,
    console,
    screen: console.script.screen("a-1"),
    stdin: input as unknown as NodeJS.ReadStream,
    stdout: output as unknown as NodeJS.WriteStream,
  };
}

async function attached() {
  const all = terminal();
  all.screen.snapshot = "what stood there";
  const end = relayTerminal({
    terminal: await all.console.attach("a-1"),
    stdin: all.stdin,
    stdout: all.stdout,
    detachKey,
    name: "a-1",
  });
  return { ...all, end };
}

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => vi.useRealTimers());

test("shows the snapshot, says how to leave, and passes bytes both ways", async () => {
  const { input, output, screen, end } = await attached();
  expect(output.written).toContain("a-1: ctrl-] detaches");
  expect(output.written).toContain("what stood there");
  screen.output("more");
  input.write("typed");
  await vi.waitFor(() => expect(screen.typed).toEqual(["typed"]));
  await vi.waitFor(() => expect(output.written).toContain("more"));
  input.write("\u001d");
  await vi.advanceTimersByTimeAsync(1000);
  expect(await end).toBe("detached");
});

test("resets every mode and gives the keyboard back as it was", async () => {
  const { input, output, end, screen } = await attached();
  expect(input.isRaw).toBe(true);
  input.write("\u001d");
  await vi.advanceTimersByTimeAsync(1000);
  await end;
  expect(output.written.indexOf(RESET_MODES)).toBeGreaterThan(output.written.indexOf("what stood there"));
  expect(input.isRaw).toBe(false);
  expect(screen.viewers).toBe(0);
});

test("sends the detach key through when it is pressed twice", async () => {
  const { input, screen, end } = await attached();
  input.write("\u001d\u001d");
  await vi.waitFor(() => expect(screen.typed).toEqual(["\u001d"]));
  input.write("\u001d");
  await vi.advanceTimersByTimeAsync(1000);
  expect(await end).toBe("detached");
});

test("never gives the agent what was typed after the detach key", async () => {
  const { input, screen, end } = await attached();
  input.write("\u001dq");
  await vi.advanceTimersByTimeAsync(1000);
  expect(await end).toBe("detached");
  expect(screen.typed).toEqual([]);
});

test("resizes the agent before the first byte, and again with the terminal", async () => {
  const { output, screen, input, end } = await attached();
  expect(screen.resizes).toEqual([[80, 24]]);
  output.columns = 100;
  output.emit("resize");
  expect(screen.resizes.at(-1)).toEqual([100, 24]);
  input.end();
  await vi.advanceTimersByTimeAsync(1000);
  await end;
});

test("says that the agent ended", async () => {
  const { screen, end } = await attached();
  screen.emit({ type: "exit", exit: { at: new Date().toISOString(), exit_code: 0, signal: null, reason: "exited" } });
  await vi.advanceTimersByTimeAsync(1000);
  expect(await end).toBe("exited");
});

test("never splits a character that arrives in two reads", async () => {
  const { input, screen, end } = await attached();
  const bytes = Buffer.from("é");
  input.write(bytes.subarray(0, 1));
  input.write(bytes.subarray(1));
  await vi.waitFor(() => expect(screen.typed.join("")).toBe("é"));
  input.end();
  await vi.advanceTimersByTimeAsync(1000);
  await end;
});

test("asks for the screen again when it was of another size", async () => {
  const { console, stdout, screen } = terminal();
  screen.cols = 120;
  const fitted = await attachFitted(() => console.attach("a-1"), stdout);
  expect([fitted.cols, fitted.rows]).toEqual([80, 24]);
  expect(screen.viewers).toBe(1);
});
