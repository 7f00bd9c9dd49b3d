import { describe, expect, it } from "vitest";

import { errorText, exitCodeOf, Interrupted } from "#cli/exit-code.ts";
import { BottleError, type ErrorCode } from "#domain/bottle-error.ts";

describe("how an error leaves the program", () => {
  it.each<[ErrorCode, number]>([
    ["usage", 2],
    ["invalid", 2],
    ["refused", 3],
    ["unavailable", 4],
    ["conflict", 1],
    ["not-found", 1],
    ["failed", 1],
  ])("exits %s with %i", (code, exit) => {
    expect(exitCodeOf(new BottleError(code, "x"))).toBe(exit);
  });

  it("exits 130 for an interruption, whoever throws it", () => {
    expect(exitCodeOf(new Interrupted("nothing was done"))).toBe(130);
    expect(exitCodeOf(new DOMException("aborted", "AbortError"))).toBe(130);
    expect(errorText(new DOMException("aborted", "AbortError"), false)).toBe("bottle-dash: interrupted");
  });

  it("says one line, whatever an agent wrote into it", () => {
    const error = new BottleError("invalid", "bad\n\u001b[31mhost\u0007", { where: "x.json", hint: "look" });
    expect(errorText(error, false)).toBe("bottle-dash: x.json: bad host; look");
  });

  it("asks for --debug when the mistake is ours, and then shows the causes", () => {
    const error = new TypeError("x is undefined", { cause: new Error("deeper") });
    expect(errorText(error, false)).toBe(
      "bottle-dash: x is undefined; this is a mistake in bottle-dash: run it again with --debug",
    );
    expect(errorText(error, true)).toMatch(
      /^bottle-dash: x is undefined\nTypeError: x is undefined\n[^]*caused by Error: deeper/,
    );
    expect(exitCodeOf(error)).toBe(1);
  });
});
