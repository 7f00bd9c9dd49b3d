import { describe, expect, test, vi } from "vitest";

import { activityClock } from "#lib/screen/activity.ts";
import { agentLog } from "#lib/agent-end/agent-log.ts";
import { crashEntry, exitRecord, isCrash } from "#lib/agent-end/exit.ts";
import { flowControl } from "#lib/screen/flow-control.ts";

const at = new Date("2026-01-02T03:04:05.678Z");

describe("an exit", () => {
  test.each([
    [0, 0, { exit_code: 0, signal: null }],
    [7, 0, { exit_code: 7, signal: null }],
    [139, 0, { exit_code: null, signal: "SIGSEGV" }],
    [0, 9, { exit_code: null, signal: "SIGKILL" }],
    [255, 0, { exit_code: 255, signal: null }],
    [128, 0, { exit_code: 128, signal: null }],
  ])("with code %i and signal %i is recorded", (code, signal, record) => {
    expect(exitRecord(code, signal, false, at)).toMatchObject({ ...record, reason: "exited", at: at.toISOString() });
  });

  test("is a crash unless it was asked for or went well", () => {
    expect(isCrash(exitRecord(0, 0, false, at))).toBe(false);
    expect(isCrash(exitRecord(1, 0, false, at))).toBe(true);
    expect(isCrash(exitRecord(0, 11, false, at))).toBe(true);
    expect(isCrash(exitRecord(0, 9, true, at))).toBe(false);
  });

  test("that is a crash is written with its last lines", () => {
    expect(crashEntry(exitRecord(2, 0, false, at), ["Error: x", "  at y"])).toBe(
      "=== agent crash 2026-01-02T03:04:05.678Z exit 2 ===\nError: x\n  at y\n",
    );
  });
});

describe("the agent's log", () => {
  const logged = (...pieces: string[]): string[] => {
    const lines: string[] = [];
    const log = agentLog({ write: (text) => void lines.push(text) }, () => at);
    for (const piece of pieces) log.push(piece);
    log.end();
    return lines;
  };

  test("has one line for each, however they come in pieces", () => {
    expect(logged("on", "e\r\ntwo\n", "\nthr", "ee")).toEqual(["one", "two", "three"]);
  });

  test("has the last state of a line that was overwritten", () => {
    expect(logged("10%\r50%\r100%\n")).toEqual(["100%"]);
  });

  test("cuts a megabyte without a newline, and goes on after it", () => {
    const [line, next] = logged("x".repeat(1_048_576), "\nnext\n");
    expect(line).toHaveLength(16_000 + " [cut]".length);
    expect(next).toBe("next");
  });
});

describe("activity", () => {
  test("is told by its edges alone", () => {
    vi.useFakeTimers();
    try {
      const edges: string[] = [];
      const clock = activityClock((activity) => edges.push(activity), 1000);
      clock.touch();
      clock.touch();
      vi.advanceTimersByTime(900);
      clock.touch();
      vi.advanceTimersByTime(900);
      expect(edges).toEqual(["busy"]);
      vi.advanceTimersByTime(200);
      expect(edges).toEqual(["busy", "idle"]);
      clock.touch();
      expect(clock.activity).toBe("busy");
      clock.stop();
    } finally {
      vi.useRealTimers();
    }
  });
});

test("a flood is paused until what lags behind has caught up", async () => {
  const calls: string[] = [];
  const done = Promise.withResolvers<void>();
  let backlog = 0;
  const flow = flowControl(
    { pause: () => calls.push("pause"), resume: () => calls.push("resume") },
    [{ backlog: () => backlog, drained: () => done.promise }],
    100,
  );
  flow.check();
  backlog = 101;
  flow.check();
  flow.check();
  expect(calls).toEqual(["pause"]);
  backlog = 0;
  done.resolve();
  await vi.waitFor(() => expect(calls).toEqual(["pause", "resume"]));
});
