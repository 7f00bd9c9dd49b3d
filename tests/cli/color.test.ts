import { describe, expect, it } from "vitest";

import { wantsColor } from "#cli/color.ts";

describe("colour", () => {
  it.each<[string, Record<string, string>, boolean, boolean]>([
    ["is on in a terminal", { TERM: "xterm" }, true, true],
    ["is off in a pipe", { TERM: "xterm" }, false, false],
    ["is off with NO_COLOR", { NO_COLOR: "1" }, true, false],
    ["minds no empty NO_COLOR", { NO_COLOR: "", TERM: "xterm" }, true, true],
    ["is on in a pipe with FORCE_COLOR", { FORCE_COLOR: "1" }, false, true],
    ["lets FORCE_COLOR win over NO_COLOR", { FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
    ["is off with FORCE_COLOR=0", { FORCE_COLOR: "0", TERM: "xterm" }, true, false],
    ["is off in a dumb terminal", { TERM: "dumb" }, true, false],
  ])("%s", (_name, env, terminal, wanted) => {
    expect(wantsColor(env, terminal)).toBe(wanted);
  });
});
