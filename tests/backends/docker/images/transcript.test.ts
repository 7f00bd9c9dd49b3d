import { describe, expect, test } from "vitest";

import { createTranscript } from "#backends/docker/images/transcript.ts";

function transcriptOf(...messages: { stream?: string; error?: string }[]) {
  const shown: string[] = [];
  const transcript = createTranscript((line) => void shown.push(line));
  for (const message of messages) transcript.take(message);
  return { shown, step: transcript.step(), last: transcript.last(), error: transcript.error() };
}

describe("what a build says", () => {
  test("is shown line by line, without the builder's bookkeeping", () => {
    const { shown } = transcriptOf(
      { stream: "Step 1/2 : FROM a\n" },
      { stream: " ---> 4d42d9a69884\n" },
      { stream: "one\ntw" },
      { stream: "o\n\n" },
      { stream: "Removing intermediate container 76c6a2e7c984\n" },
      { stream: "Successfully built 4d42d9a69884\n" },
    );
    expect(shown).toEqual(["Step 1/2 : FROM a", "one", "two"]);
  });

  test("is shown without control characters, and a line that was redrawn as it ended", () => {
    const { shown } = transcriptOf({ stream: "\u001b[31mred\u001b[0m\u0007\n" }, { stream: "10%\r50%\r100%\n" });
    expect(shown).toEqual([expect.stringMatching(/^red.?$/), "100%"]);
    expect(shown.join("")).not.toMatch(/\p{Cc}/u);
  });

  test("is kept for the error: the failing step and what it said last", () => {
    const lines = Array.from({ length: 20 }, (_, index) => ({ stream: `line ${index}\n` }));
    const { step, last, error } = transcriptOf(
      { stream: "Step 1/2 : RUN first\n" },
      { stream: "of the first\n" },
      { stream: "Step 2/2 : RUN second\n" },
      ...lines,
      { stream: "unfinished" },
      { error: "it failed" },
    );
    expect(step).toBe("Step 2/2 : RUN second");
    expect(last).toEqual(["line 15", "line 16", "line 17", "line 18", "line 19", "unfinished"]);
    expect(error).toBe("it failed");
  });
});
