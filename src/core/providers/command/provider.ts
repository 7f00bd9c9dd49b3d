// Any command as the agent: no routes, no files but its prompt, resumed by running it again.

import type { Provider } from "#contracts/provider.ts";
import { BottleError } from "#domain/bottle-error.ts";

/** Where the agent definition's body is, for programs that want it (`$BOTTLE_PROMPT_FILE`). */
const PROMPT_FILE = ".bottle-prompt.md";

export const command: Provider = {
  name: "command",
  provision({ command: argv, prompt, home }) {
    if (argv === undefined || argv.length === 0) {
      throw new BottleError("invalid", "the provider `command` has no command to run", {
        where: "agent_provider.command",
        hint: 'give it a list such as ["bash", "-l"]',
      });
    }
    const path = `${home}/${PROMPT_FILE}`;
    const hasPrompt = prompt.trim() !== "";
    return {
      argv,
      resumeArgv: argv,
      env: hasPrompt ? { BOTTLE_PROMPT_FILE: path } : {},
      hidden: ["BOTTLE_PROMPT_FILE"],
      files: hasPrompt ? [{ path, content: prompt, mode: 0o600 }] : [],
      routes: [],
    };
  },
};
