import { describe, expect, it } from "vitest";

import { GLOBAL_OPTIONS, parseArguments } from "#cli/parse-arguments.ts";

const command = {
  arguments: [{ name: "slug", describe: "a bottle" }],
  options: {
    tail: { type: "string", short: "n", value: "count", describe: "" },
    follow: { type: "boolean", short: "f", describe: "" },
    source: { type: "string", value: "source", multiple: true, describe: "", choices: ["agent", "egress"] },
  },
} as const;

function parse(...argv: string[]) {
  return parseArguments("logs", command, argv);
}

describe("arguments of a command", () => {
  it("reads options, short options, values and repetitions", () => {
    const { args, options } = parse("a-1", "-f", "-n", "5", "--source", "agent", "--source=egress");
    expect(args).toEqual({ slug: "a-1" });
    expect(options).toMatchObject({ follow: true, tail: "5", source: ["agent", "egress"] });
  });

  it("gives every option a value when nothing is said", () => {
    expect(parse("a-1").options).toEqual({
      follow: false,
      tail: undefined,
      source: [],
      json: false,
      debug: false,
      help: false,
    });
  });

  it("takes what stands after -- as an argument", () => {
    expect(parse("--", "-odd").args).toEqual({ slug: "-odd" });
  });

  it.each([
    [["a-1", "--folow"], "there is no option --folow (did you mean --follow?)"],
    [["a-1", "-x"], "there is no option -x"],
    [["a-1", "--tail"], "--tail needs a value: --tail <count>"],
    [["a-1", "--tail", "--follow"], "--tail needs a value: --tail <count>"],
    [["a-1", "--follow=yes"], "--follow takes no value"],
    [["a-1", "--source", "egres"], '--source is "egres", but takes one of agent, egress (did you mean egress?)'],
    [[], "<slug> is missing: a bottle"],
    [["a-1", "b-2"], '"b-2" is one argument too many'],
  ])("refuses %j and says what to do", (argv, message) => {
    expect(() => parse(...argv)).toThrow(
      expect.objectContaining({ code: "usage", message: `${message}; see \`bottle-dash logs --help\`` }),
    );
  });

  it("says where the options of another program stand", () => {
    const passing = {
      arguments: [...command.arguments, { name: "command", describe: "", rest: true }],
      options: command.options,
    } as const;
    expect(() => parseArguments("exec", passing, ["a-1", "git", "-C", "app"])).toThrow(
      "there is no option -C; what belongs to the command stands behind `--`",
    );
    expect(parseArguments("exec", passing, ["a-1", "--", "git", "-C", "app"]).args).toEqual({
      slug: "a-1",
      command: ["git", "-C", "app"],
    });
  });

  it("lets help win over every complaint", () => {
    expect(parse("--nonsense", "--help").global.help).toBe(true);
  });

  it("takes the global options everywhere", () => {
    expect(Object.keys(GLOBAL_OPTIONS)).toEqual(["json", "debug", "help"]);
    expect(parse("a-1", "--json", "--debug").global).toEqual({ json: true, debug: true, help: false });
  });
});
