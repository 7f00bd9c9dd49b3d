import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { ScreenRules, type ScreenView } from "#domain/provider/screen-rules.ts";
import { openEmulator } from "#lib/screen/emulator.ts";
import { openReading, type Said } from "#lib/screen/reading.ts";

const RULES = ScreenRules.parse({
  version: 1,
  rules: [
    { id: "asks", state: "waiting", why: "approve $1?", on: "bottom", match: ["^run (\\w+)\\?$"] },
    { id: "works", state: "busy", on: "title", match: ["^\\* "] },
    { id: "rests", state: "idle", on: "bottom", match: ["^> $|^>$"] },
  ],
});
const TIMES = { calmMs: 100, everyMs: 400, lapseMs: 5000, confirmMs: 30_000 };

describe("the reading of a screen", () => {
  let now: ScreenView;
  let looks: number;
  let said: Said[];
  const open = () =>
    openReading(
      RULES,
      () => {
        looks += 1;
        return now;
      },
      (one) => said.push(one),
      TIMES,
    );
  const screen = (line: string, title = ""): void => void (now = { lines: [line], title, progress: undefined });
  const states = () => said.map(({ activity, authority, rule }) => `${activity} ${authority} ${rule}`);

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    [looks, said] = [0, []];
    screen("");
  });
  afterEach(() => void vi.useRealTimers());

  test("says what it reads once the screen rests, with what the agent waits for", () => {
    const reading = open();
    screen("run tests?");
    reading.changed();
    vi.advanceTimersByTime(90);
    expect(said).toEqual([]);
    vi.advanceTimersByTime(20);
    expect(said).toEqual([
      { activity: "waiting", authority: "screen", detail: "approve tests?", rule: "asks", evidence: "run tests?" },
    ]);
    expect(reading.said).toEqual(said[0]);
    reading.stop();
  });

  test("does nothing while nothing changes", () => {
    const reading = open();
    screen(">");
    reading.changed();
    vi.advanceTimersByTime(1000);
    expect(looks).toBe(1);
    vi.advanceTimersByTime(3_600_000);
    expect([looks, vi.getTimerCount()]).toEqual([1, 0]);
    reading.stop();
  });

  test("looks a few times a second at a screen that never rests, and believes what it sees twice", () => {
    const reading = open();
    screen("anything", "* working");
    for (let ms = 0; ms < 10_000; ms += 20) {
      reading.changed();
      vi.advanceTimersByTime(20);
    }
    expect(looks).toBeGreaterThan(15);
    expect(looks).toBeLessThan(30);
    expect(states()).toEqual(["busy title works"]);
    reading.stop();
  });

  test("does not take a half drawn screen for a state", () => {
    const reading = open();
    let half = false;
    for (let ms = 0; ms < 10_000; ms += 20) {
      half = ms % 800 < 400;
      screen(half ? "run tests?" : "", half ? "" : "* working");
      reading.changed();
      vi.advanceTimersByTime(20);
    }
    screen(">");
    reading.changed();
    vi.advanceTimersByTime(200);
    expect(states().at(-1)).toBe("idle screen rests");
    reading.stop();
  });

  test("says a change, not the same again; but confirms it when the screen changed later on", () => {
    const reading = open();
    for (const at of [0, 1000, 31_000]) {
      vi.advanceTimersByTime(at);
      screen(">");
      reading.changed();
      vi.advanceTimersByTime(200);
    }
    expect(states()).toEqual(["idle screen rests", "idle screen rests"]);
    screen("run tests?");
    reading.changed();
    vi.advanceTimersByTime(200);
    screen("run build?");
    reading.changed();
    vi.advanceTimersByTime(200);
    expect(said.slice(2).map(({ detail }) => detail)).toEqual(["approve tests?", "approve build?"]);
    reading.stop();
  });

  test("says that it does not know a screen once no rule has matched for a while", () => {
    const reading = open();
    screen("nobody knows this");
    reading.changed();
    vi.advanceTimersByTime(60_000);
    expect(said).toEqual([]); // nothing was ever known: the terminal itself is believed
    screen(">");
    reading.changed();
    vi.advanceTimersByTime(200);
    screen("nobody knows this");
    reading.changed();
    vi.advanceTimersByTime(4900);
    expect(states()).toEqual(["idle screen rests"]);
    vi.advanceTimersByTime(300);
    expect(said.at(-1)).toMatchObject({ activity: "unknown", authority: "screen", rule: "" });
    screen(">");
    reading.changed();
    vi.advanceTimersByTime(200);
    expect(states()).toEqual(["idle screen rests", "unknown screen ", "idle screen rests"]);
    reading.stop();
  });

  test("overlooks a screen that is strange for a moment", () => {
    const reading = open();
    for (const line of [">", "strange", ">"]) {
      screen(line);
      reading.changed();
      vi.advanceTimersByTime(1000);
    }
    vi.advanceTimersByTime(60_000);
    expect(states()).toEqual(["idle screen rests"]);
    reading.stop();
  });
});

describe("an emulator", () => {
  const view = async (text: string): Promise<ScreenView> => {
    const emulator = openEmulator(20, 5, () => {});
    await new Promise<void>((resolve) => emulator.write(text, resolve));
    const seen = emulator.view();
    emulator.dispose();
    return seen;
  };

  test("shows the visible lines as plain text, not the scrollback", async () => {
    const { lines } = await view("1\r\n2\r\n3\r\n4\r\n\u001b[31m5\u001b[0m\r\n6  ");
    expect(lines).toEqual(["2", "3", "4", "5", "6"]);
  });

  test("knows the title, plain and short, and the progress", async () => {
    expect(await view("")).toMatchObject({ title: "", progress: undefined });
    expect(await view("\u001b]0;Codex\u0007\u001b]9;4;3;0\u0007")).toMatchObject({ title: "Codex", progress: 3 });
    expect(await view("\u001b]9;4;1;50\u001b\\\u001b]9;4;0\u0007")).toMatchObject({ progress: 0 });
    expect(await view("\u001b]9;a notification\u0007\u001b]9;4;9;0\u0007\u001b]9;42\u0007")).toMatchObject({
      progress: undefined,
    });
    const { title } = await view(`\u001b]2;a\u202eb\u009b31m${"x".repeat(5000)}\u0007`);
    expect(title).not.toMatch(/\u202e/);
    expect(title.length).toBeLessThanOrEqual(200);
  });
});
