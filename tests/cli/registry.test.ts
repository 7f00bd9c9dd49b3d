import { readdir } from "node:fs/promises";

import { describe, expect, it } from "vitest";

import { commandHelp, generalHelp } from "#cli/help.ts";
import { GLOBAL_OPTIONS } from "#cli/parse-arguments.ts";
import { COMMANDS } from "#cli/registry.ts";

const loaded = await Promise.all(COMMANDS.map(async (row) => ({ row, command: await row.load() })));

describe("the registry", () => {
  it("has one row for each file of commands/", async () => {
    const files = await readdir(new URL("../../src/cli/commands", import.meta.url));
    expect(COMMANDS.map((row) => `${row.name}.ts`).toSorted()).toEqual(files.toSorted());
  });

  it("fits the general help on a terminal of 80 columns, every command with a summary", () => {
    const help = generalHelp(COMMANDS);
    for (const { name, summary } of COMMANDS) expect(help).toMatch(new RegExp(`^  ${name}\\b.*${summary}$`, "m"));
    expect(Math.max(...help.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it.each(loaded)("documents $row.name in its help", ({ row, command }) => {
    const help = commandHelp(row, command);
    expect(command.details.length).toBeGreaterThan(0);
    expect(command.examples.every((example) => example.includes(row.name))).toBe(true);
    for (const argument of command.arguments) {
      expect(argument.describe).not.toBe("");
      expect(help).toContain(argument.name);
    }
    for (const [long, option] of Object.entries(command.options)) {
      expect(option.describe).not.toBe("");
      expect(help).toContain(`--${long}`);
    }
  });

  it.each(loaded)("gives the options of $row.name letters of their own", ({ command }) => {
    const letters = Object.values({ ...GLOBAL_OPTIONS, ...command.options }).flatMap((option) =>
      "short" in option ? [option.short] : [],
    );
    expect(new Set(letters).size).toBe(letters.length);
    expect(Object.keys(command.options).filter((long) => long in GLOBAL_OPTIONS)).toEqual([]);
  });

  it.each(loaded)("says the arguments of $row.name as they are", ({ row, command }) => {
    const words = row.usage.split(" ").slice(1);
    expect(words).toHaveLength(command.arguments.length);
    for (const [index, argument] of command.arguments.entries()) {
      expect(words[index]?.startsWith("[")).toBe(argument.optional === true);
    }
  });
});
