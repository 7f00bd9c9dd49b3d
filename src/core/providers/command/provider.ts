// Any command as the agent: no routes, no files but its prompt, resumed by running it again.

import type { Provider } from "#contracts/provider.ts";
import { skillFiles } from "#core/skills/guest-files.ts";
import { BottleError } from "#domain/bottle-error.ts";

/** Where the agent definition's body is, for programs that want it (`$BOTTLE_PROMPT_FILE`). */
const PROMPT_FILE = ".bottle-prompt.md";
/** What `--prompt` said, for a program that works on one thing and ends. */
const TASK = "BOTTLE_TASK";
/** A shell, say, ends at once and well, and has done nothing. */
const UNREAD = `the command is given the task in $${TASK} alone: one that does not read it does not work on it`;
/** The folder with its skills, for programs that want them (`$BOTTLE_SKILLS`). */
const SKILLS = ".bottle-skills";

export const command: Provider = {
  name: "command",
  image: { kind: "ours", name: "bare" },
  async provision({ settings: { command: argv }, where, prompt, home, task, skills }) {
    if (argv === undefined || argv.length === 0) {
      throw new BottleError("invalid", "the provider `command` has no command to run", {
        where: `${where}: agent_provider.command`,
        hint: 'give it a list such as ["bash", "-l"]',
      });
    }
    const path = `${home}/${PROMPT_FILE}`;
    const hasPrompt = prompt.trim() !== "";
    return {
      program: undefined,
      argv,
      taskOutput: task === undefined ? undefined : { format: "text" },
      env: {
        ...(hasPrompt ? { BOTTLE_PROMPT_FILE: path } : {}),
        ...(task === undefined ? {} : { [TASK]: task }),
        ...(skills.length === 0 ? {} : { BOTTLE_SKILLS: `${home}/${SKILLS}` }),
      },
      hidden: ["BOTTLE_PROMPT_FILE", TASK, "BOTTLE_SKILLS"],
      files: [
        ...(hasPrompt ? [{ path, content: prompt, mode: 0o600 }] : []),
        ...skillFiles(`${home}/${SKILLS}`, skills),
      ],
      routes: [],
      credentials: [],
      screenRules: undefined,
      reportsState: false,
      warnings: task === undefined || argv.some((word) => word.includes(TASK)) ? [] : [UNREAD],
    };
  },
};
